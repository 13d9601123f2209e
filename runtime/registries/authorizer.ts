// The `Authorization` that one registry wants: none, a name and password, or a token of the server that it names (distribution
// `docs/spec/auth`). Credentials go to the registry itself and to that server alone.

import { z } from 'zod';
import { maxRegistryErrorBytes } from '../limits.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { readJson } from './document.ts';
import { RegistryFailure } from './failure.ts';
import { refusalOf } from './refusal.ts';
import { type Incoming, type Transport, urlIn } from './transport.ts';

const answerSchema = z.object({
  token: z.string().default(''),
  access_token: z.string().default(''),
  refresh_token: z.string().default(''),
});
/** A name in the token server's log. */
const clientId = 'docker';

export class Authorizer {
  readonly #transport: Transport;
  readonly #credentials: Credentials;
  #challenge: Challenge | null = null;
  /** Who sent the challenge. */
  #origin: URL | null = null;
  /** By the scopes that they are for. */
  readonly #tokens = new Map<string, Promise<string>>();
  #refreshToken = '';

  constructor(transport: Transport, credentials: Credentials) {
    this.#transport = transport;
    this.#credentials = credentials;
  }

  /** What a login gave to be kept instead of the password; else empty. */
  get refreshToken(): string {
    return this.#refreshToken;
  }

  /** Takes what a 401 says. False where that is nothing new, so that asking again is in vain. */
  learn({ challenges, url }: Incoming): boolean {
    const all = challenges.flatMap((header) => parseChallenges(header));
    const challenge =
      all.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm')) ??
      all.find(({ scheme }) => scheme === 'basic') ??
      null;
    if (!challenge) return false;
    const isFirst = this.#challenge === null;
    this.#challenge ??= challenge;
    this.#origin ??= url;
    // A token may have ended meanwhile.
    return isFirst || this.#challenge.scheme === 'bearer';
  }

  /** The header for requests that need these scopes; null where none is wanted. Throws RegistryFailure. */
  async header(scopes: readonly string[]): Promise<string | null> {
    const { username, password, registryToken } = this.#credentials;
    if (registryToken !== '') return `Bearer ${registryToken}`;
    if (!this.#challenge) return null;
    if (this.#challenge.scheme === 'basic') {
      if (username === '')
        throw new RegistryFailure('no basic auth credentials', { kind: 'answer', code: 'NO_BASIC_AUTH' });
      return basic(username, password);
    }
    const key = scopes.join(' ');
    let token = this.#tokens.get(key);
    if (!token) {
      token = this.#fetchToken(this.#challenge, scopes);
      token.catch(() => this.#tokens.delete(key));
      this.#tokens.set(key, token);
    }
    return `Bearer ${await token}`;
  }

  /** A token may end before a large pull does: the next request fetches another. */
  forgetTokens(): void {
    this.#tokens.clear();
  }

  async #fetchToken({ parameters }: Challenge, scopes: readonly string[]): Promise<string> {
    const origin = this.#origin ?? new URL('https://invalid');
    const realm = urlIn(parameters.get('realm') ?? '', origin);
    if (!realm || (realm.protocol === 'http:' && origin.protocol === 'https:'))
      throw new RegistryFailure('the token server that the registry names has no address of https', { kind: 'broken' });
    const service = parameters.get('service') ?? '';
    const { username, password, identityToken } = this.#credentials;
    const incoming =
      identityToken !== ''
        ? await this.#post(realm, {
            client_id: clientId,
            grant_type: 'refresh_token',
            refresh_token: identityToken,
            service,
            ...(scopes.length > 0 && { scope: scopes.join(' ') }),
          })
        : await this.#get(realm, service, scopes, username === '' ? null : basic(username, password));
    if (incoming.status !== 200) throw await refusalOf(incoming);
    const { data } = answerSchema.safeParse(await readJson(incoming, maxRegistryErrorBytes));
    const token = data?.token || data?.access_token || '';
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new RegistryFailure('authorization server did not include a token in the response', { kind: 'broken' });
    this.#refreshToken = data?.refresh_token || this.#refreshToken;
    return token;
  }

  #post(url: URL, form: Record<string, string>): Promise<Incoming> {
    const body = Buffer.from(String(new URLSearchParams(form)));
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': String(body.length) };
    return this.#transport.send({ method: 'POST', url, headers, body });
  }

  #get(realm: URL, service: string, scopes: readonly string[], authorization: string | null): Promise<Incoming> {
    const url = new URL(realm);
    if (this.#credentials.username !== '') {
      url.searchParams.set('account', this.#credentials.username);
      url.searchParams.set('client_id', clientId);
      url.searchParams.set('offline_token', 'true');
    }
    for (const scope of scopes) url.searchParams.append('scope', scope);
    if (service !== '') url.searchParams.set('service', service);
    return this.#transport.send({ method: 'GET', url, authorization });
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
