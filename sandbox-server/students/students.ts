// Students have no names. Each is known by a random token in a cookie, of which only the hash is stored.

import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Logger } from 'pino';
import { z } from 'zod';
import { dayMs, forgetStudentMs } from '../limits.ts';
import { bookkeeping } from '../store/bookkeeping.ts';

export interface Student {
  readonly id: number;
  /** Was not here for a day, so the cookie is sent again: browsers then keep it longer. */
  readonly returns: boolean;
}

/** 32 random bytes in base64url. */
const tokenShape = /^[A-Za-z0-9_-]{43}$/;
const row = z.object({ id: z.number(), seen_at: z.number() });

function hash(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}

export class Students {
  readonly #database: DatabaseSync;
  readonly #log: Logger;

  constructor(database: DatabaseSync, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  /** The student whose token this is; null if it is nobody's. So a token that we did not give out is never accepted. */
  find(token: string | undefined): Student | null {
    if (token === undefined || !tokenShape.test(token)) return null;
    const found = this.#database.prepare('SELECT id, seen_at FROM students WHERE token_hash = ?').get(hash(token));
    if (found === undefined) return null;
    const { id, seen_at } = row.parse(found);
    const now = Date.now();
    const returns = now - seen_at > dayMs;
    if (returns)
      bookkeeping(this.#log, 'that a student came', () => {
        this.#database.prepare('UPDATE students SET seen_at = ? WHERE id = ?').run(now, id);
      });
    return { id, returns };
  }

  /** A new student and the token that proves it. */
  create(): { readonly student: Student; readonly token: string } {
    const token = randomBytes(32).toString('base64url');
    const now = Date.now();
    const { lastInsertRowid } = this.#database
      .prepare('INSERT INTO students (token_hash, created_at, seen_at) VALUES (?, ?, ?)')
      .run(hash(token), now, now);
    return { student: { id: Number(lastInsertRowid), returns: false }, token };
  }

  /** Removes students who have not come for 400 days, and those who came once and did nothing for a day. Idempotent. */
  forgetOld(): void {
    bookkeeping(this.#log, 'that old students are forgotten', () => this.#forgetOld(Date.now()));
  }

  #forgetOld(now: number): void {
    this.#database
      .prepare(
        `DELETE FROM students WHERE id NOT IN (SELECT student FROM sessions) AND (seen_at < :year OR (seen_at < :day
           AND id NOT IN (SELECT student FROM tasks_done) AND id NOT IN (SELECT student FROM quiz_answers)))`,
      )
      .run({ year: now - forgetStudentMs, day: now - 2 * dayMs });
  }
}
