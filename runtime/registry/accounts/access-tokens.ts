// Access tokens: what stands for an account's password in programs, with less power. Of each only a hash is kept.

import { createHash, randomBytes } from 'node:crypto';
import { EngineError } from '../../errors.ts';
import { lastUseMs, maxAccessTokens, maxTokenLabelLength } from '../../limits.ts';
import type { Database, Row } from '../database.ts';
import type { Account } from './accounts.ts';

/** Each may what those before it may: pull; push; delete. */
export const tokenScopes = ['read', 'read-write', 'delete'] as const;
export type TokenScope = (typeof tokenScopes)[number];

export interface AccessTokenInfo {
  /** Names it where it is revoked. */
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  readonly scope: TokenScope;
  /** Milliseconds since 1970, as those below. */
  readonly created: number;
  /** Null where it does not expire. */
  readonly expires: number | null;
  /** To the minute; null where it never was. */
  readonly used: number | null;
}

/** Tells a token from a password, to people and to programs that look for secrets in files. */
const prefix = 'ddpat_';
const secretBytes = 32;
const secretPattern = /^ddpat_[A-Za-z0-9_-]{43}$/;

// Not argon2: nobody guesses 256 bits that were drawn by lot.
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export const isAccessToken = (text: string): boolean => secretPattern.test(text);

function infoOf(row: Row): AccessTokenInfo {
  return {
    id: String(row.id),
    name: String(row.name),
    scope: tokenScopes.find((scope) => scope === row.scope) ?? 'read',
    created: Number(row.created),
    expires: row.expires === null ? null : Number(row.expires),
    used: row.used === null ? null : Number(row.used),
  };
}

export class AccessTokens {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Its secret is told this one time. Throws invalid, exhausted where the account has as many as it may. */
  add(
    account: Account,
    { name, scope, expires }: Pick<AccessTokenInfo, 'name' | 'scope' | 'expires'>,
  ): AccessTokenInfo & { readonly secret: string } {
    if (!isLabel(name))
      throw new EngineError('invalid', `a token is named with 1 to ${maxTokenLabelLength} printable characters`);
    if (expires !== null && expires <= this.#now())
      throw new EngineError('invalid', 'a token that has expired already is of no use');
    this.#removeExpired(account);
    if (this.list(account).length >= maxAccessTokens)
      throw new EngineError(
        'exhausted',
        `${account.name} has ${maxAccessTokens} access tokens, as many as it may; revoke one and try again`,
      );
    const secret = `${prefix}${randomBytes(secretBytes).toString('base64url')}`;
    const id = randomBytes(6).toString('hex');
    this.#database.run(
      'INSERT INTO access_token (id, account, name, hash, scope, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[id, account.id, name, hashOf(secret), scope, this.#now(), expires],
    );
    return { ...this.#need(account, id), secret };
  }

  #need(account: Account, id: string): AccessTokenInfo {
    const row = this.#database.get('SELECT * FROM access_token WHERE id = ? AND account = ?', id, account.id);
    if (row) return infoOf(row);
    throw new EngineError('notFound', `${account.name} has no access token ${id.slice(0, 40)}`);
  }

  #removeExpired(account: Account): void {
    this.#database.run('DELETE FROM access_token WHERE account = ? AND expires <= ?', account.id, this.#now());
  }

  /** The newest last. Those that have expired are told too, until a new one is made. */
  list(account: Account): AccessTokenInfo[] {
    return this.#database
      .all('SELECT * FROM access_token WHERE account = ? ORDER BY created, id', account.id)
      .map(infoOf);
  }

  /** The account's token of which this is the secret; null where there is none, or it has expired. */
  find(account: Account, secret: string): AccessTokenInfo | null {
    const row = this.#database.get(
      'SELECT * FROM access_token WHERE account = ? AND hash = ?',
      ...[account.id, hashOf(secret)],
    );
    return row ? this.#valid(infoOf(row)) : null;
  }

  /** The account's token with that id; null where it was revoked, or has expired. */
  withId(account: number, id: string): AccessTokenInfo | null {
    const row = this.#database.get('SELECT * FROM access_token WHERE id = ? AND account = ?', id, account);
    return row ? this.#valid(infoOf(row)) : null;
  }

  #valid(token: AccessTokenInfo): AccessTokenInfo | null {
    return token.expires === null || token.expires > this.#now() ? token : null;
  }

  /** Writes down that it was used, where that was not written down just before. */
  touch({ id }: AccessTokenInfo): void {
    const now = this.#now();
    this.#database.run(
      'UPDATE access_token SET used = ? WHERE id = ? AND (used IS NULL OR used <= ?)',
      ...[now, id, now - lastUseMs],
    );
  }

  /** Throws notFound. */
  revoke(account: Account, id: string): void {
    this.#need(account, id);
    this.#database.run('DELETE FROM access_token WHERE id = ?', id);
  }
}

function isLabel(name: string): boolean {
  return name.trim() !== '' && name.length <= maxTokenLabelLength && !/\p{C}/u.test(name);
}
