// The tokens that clients show: bearer tokens, which say what was asked for and granted (distribution `docs/spec/auth/jwt.md`), and
// refresh tokens, which `docker login` keeps instead of a password. Both are JWTs; neither is of use as the other.

import { randomUUID } from 'node:crypto';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { bearerTokenMs, maxScopes, refreshTokenMs } from '../../limits.ts';
import { tokenScopes } from './access-tokens.ts';
import type { Person } from './rights.ts';
import type { Grant } from './scopes.ts';
import { type SigningKeys, signingAlgorithm } from './signing-keys.ts';

/** The name that clients ask tokens for, whatever address they came in by. */
export const service = 'hub.drydock';

const types = { bearer: 'JWT', refresh: 'refresh+jwt' } as const;
/** A token may be older than the clock says, where somebody has set the clock back. */
const clockStepSeconds = 60;

const claimsSchema = z.object({
  /** The account's name; empty for nobody. */
  sub: z.string(),
  exp: z.number(),
  /** The account; null for nobody. */
  account: z.number().nullable(),
  epoch: z.number(),
  token: z.strictObject({ id: z.string(), scope: z.enum(tokenScopes) }).nullable(),
  access: z
    .array(z.strictObject({ type: z.string(), name: z.string(), actions: z.array(z.string()) }))
    .max(maxScopes)
    .default([]),
});

export interface Shown {
  /** Null for nobody. Whether the account is there still is for the caller to see. */
  readonly person: Person | null;
  readonly grants: readonly Grant[];
}

export interface Issued {
  readonly token: string;
  readonly expiresInSeconds: number;
  readonly issuedAt: Date;
}

export class BearerTokens {
  readonly #keys: SigningKeys;
  readonly #now: () => number;

  constructor(keys: SigningKeys, now: () => number) {
    this.#keys = keys;
    this.#now = now;
  }

  async issue(person: Person | null, grants: readonly Grant[]): Promise<Issued> {
    return await this.#sign('bearer', person, { access: grants }, bearerTokenMs);
  }

  async issueRefresh(person: Person): Promise<string> {
    return (await this.#sign('refresh', person, {}, refreshTokenMs)).token;
  }

  async #sign(
    type: keyof typeof types,
    person: Person | null,
    claims: Readonly<Record<string, unknown>>,
    lifeMs: number,
  ): Promise<Issued> {
    const { kid, key } = await this.#keys.signing();
    const seconds = Math.floor(this.#now() / 1000);
    const { account = null, epoch = 0, token = null, name = '' } = person ?? {};
    const signed = await new SignJWT({ ...claims, account, epoch, token })
      .setProtectedHeader({ alg: signingAlgorithm, typ: types[type], kid })
      .setIssuer(service)
      .setAudience(service)
      .setSubject(name)
      .setIssuedAt(seconds)
      .setNotBefore(seconds - clockStepSeconds)
      .setExpirationTime(seconds + lifeMs / 1000)
      .setJti(randomUUID())
      .sign(key);
    return { token: signed, expiresInSeconds: lifeMs / 1000, issuedAt: new Date(seconds * 1000) };
  }

  /** What a bearer token says; null for one that is not ours, has expired, was changed, or is a refresh token. */
  async verify(token: string): Promise<Shown | null> {
    return await this.#verify('bearer', token);
  }

  /** Whose refresh token it is; null as `verify`. */
  async verifyRefresh(token: string): Promise<Person | null> {
    return (await this.#verify('refresh', token))?.person ?? null;
  }

  async #verify(type: keyof typeof types, token: string): Promise<Shown | null> {
    const payload = await this.#payload(type, token);
    const { data } = claimsSchema.safeParse(payload);
    if (!data) return null;
    const { account, epoch, token: accessToken, sub, access } = data;
    return { person: account === null ? null : { account, name: sub, epoch, token: accessToken }, grants: access };
  }

  async #payload(type: keyof typeof types, token: string): Promise<JWTPayload | null> {
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid }) => {
          const key = await this.#keys.verifying(kid ?? '');
          if (key) return key;
          throw new Error('no key of ours');
        },
        {
          algorithms: [signingAlgorithm],
          typ: types[type],
          issuer: service,
          audience: service,
          currentDate: new Date(this.#now()),
        },
      );
      return payload;
    } catch {
      // Why is nobody's business: whoever shows a wrong token gets another, or is nobody.
      return null;
    }
  }
}
