// Browsers in which somebody has signed in with an account of the hub. Each is known by a random token in a cookie, of which only the
// hash is stored. Whether the account is still there, with that password, is for the engine to say.

import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { HubSignIn } from '@drydock/runtime';
import { z } from 'zod';
import { hubSignInMs, maxSignIns, maxSignInsPerAccount } from '../limits.ts';

const tokenShape = /^[A-Za-z0-9_-]{43}$/;
const row = z.object({ account: z.string(), stamp: z.string() });
const hash = (token: string): Uint8Array => createHash('sha256').update(token).digest();

export class SignIns {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Null for a token that we did not give out, or that is too old. */
  find(token: string | undefined): HubSignIn | null {
    if (token === undefined || !tokenShape.test(token)) return null;
    const found = this.#database
      .prepare('SELECT account, stamp FROM hub_sign_ins WHERE token_hash = ? AND created_at > ?')
      .get(hash(token), Date.now() - hubSignInMs);
    return found === undefined ? null : row.parse(found);
  }

  /** The token that proves it from now on. */
  add({ account, stamp }: HubSignIn): string {
    const token = randomBytes(32).toString('base64url');
    const now = Date.now();
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#database.prepare('DELETE FROM hub_sign_ins WHERE created_at <= ?').run(now - hubSignInMs);
      this.#database
        .prepare('INSERT INTO hub_sign_ins (token_hash, account, stamp, created_at) VALUES (?, ?, ?, ?)')
        .run(hash(token), account, stamp, now);
      this.#database
        .prepare(
          `DELETE FROM hub_sign_ins WHERE token_hash IN (SELECT token_hash FROM hub_sign_ins WHERE account = ?
             ORDER BY created_at DESC LIMIT -1 OFFSET ?)`,
        )
        .run(account, maxSignInsPerAccount);
      this.#database
        .prepare(
          `DELETE FROM hub_sign_ins WHERE token_hash IN (SELECT token_hash FROM hub_sign_ins
             ORDER BY created_at DESC LIMIT -1 OFFSET ?)`,
        )
        .run(maxSignIns);
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
    return token;
  }

  /** Idempotent. */
  remove(token: string | undefined): void {
    if (token === undefined || !tokenShape.test(token)) return;
    this.#database.prepare('DELETE FROM hub_sign_ins WHERE token_hash = ?').run(hash(token));
  }
}
