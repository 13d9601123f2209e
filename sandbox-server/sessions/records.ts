// What of sessions outlives the server: whose they are, of which lesson, on which host, and the titles of their terminals.

import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

export interface SessionRecord {
  readonly id: string;
  readonly student: number;
  readonly lesson: string;
  /** Null while it waits for one. */
  readonly host: string | null;
}

const sessionRow = z.object({ id: z.string(), student: z.number(), lesson: z.string(), host: z.string().nullable() });
const titleRow = z.object({ terminal: z.string(), title: z.string() });

export class SessionRecords {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Oldest first. */
  all(): readonly SessionRecord[] {
    return this.#database
      .prepare('SELECT id, student, lesson, host FROM sessions ORDER BY created_at, id')
      .all()
      .map((row) => sessionRow.parse(row));
  }

  add({ id, student, lesson, host }: SessionRecord): void {
    this.#database
      .prepare('INSERT INTO sessions (id, student, lesson, host, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(id, student, lesson, host, Date.now());
  }

  setHost(id: string, host: string | null): void {
    this.#database.prepare('UPDATE sessions SET host = ? WHERE id = ?').run(host, id);
  }

  /** Idempotent. */
  remove(id: string): void {
    this.#database.prepare('DELETE FROM sessions WHERE id = ?').run(id);
  }

  titles(session: string): ReadonlyMap<string, string> {
    const rows = this.#database.prepare('SELECT terminal, title FROM titles WHERE session = ?').all(session);
    return new Map(rows.map((row) => titleRow.parse(row)).map(({ terminal, title }) => [terminal, title]));
  }

  setTitle(session: string, terminal: string, title: string): void {
    this.#database
      .prepare(
        `INSERT INTO titles (session, terminal, title) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET title = excluded.title`,
      )
      .run(session, terminal, title);
  }

  forgetTitle(session: string, terminal: string): void {
    this.#database.prepare('DELETE FROM titles WHERE session = ? AND terminal = ?').run(session, terminal);
  }
}
