// What is kept of a session when the server ends: its student, lesson, hosts and parameters, its reset points, and the titles of
// its terminals.

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Logger } from 'pino';
import { z } from 'zod';
import { messageOf } from '../errors.ts';

export interface SessionRecord {
  readonly id: string;
  readonly student: number;
  readonly lesson: string;
  /** The lab's name of each host -> the engine's. Empty while the session waits for its hosts. */
  readonly hosts: ReadonlyMap<string, string>;
  /** What `{{name}}` stands for, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** When its student was last there; of `Date.now()`. */
  readonly usedAtMs: number;
}

/** A point that the lab can be reset to: a snapshot of every host, and the tasks that were done then. */
export interface PointRecord {
  /** The id of the snapshot, the same on every host. */
  readonly snapshot: string;
  /** Of a copy that the student made; null of the start of a task or of the lesson. */
  readonly title: string | null;
  /** Ids of the tasks that were done. */
  readonly done: readonly string[];
  readonly takenAtMs: number;
}

const json = <T>(schema: z.ZodType<T>) => z.string().transform((text) => schema.parse(JSON.parse(text)));
const sessionRow = z.object({
  id: z.string(),
  student: z.number(),
  lesson: z.string(),
  parameters: json(z.record(z.string(), z.string())),
  used_at: z.number(),
});
const hostRow = z.object({ name: z.string(), host: z.string() });
const titleRow = z.object({ terminal: z.string(), title: z.string() });
const pointRow = z.object({
  snapshot: z.string(),
  title: z.string().nullable(),
  done: json(z.array(z.string())),
  taken_at: z.number(),
});
const goingBackRow = z.object({ going_back_to: z.string().nullable() });
const taskRow = z.object({ task: z.string() });

/** A row that cannot be read is logged, left out, and left as it is. */
export class SessionRecords {
  readonly #database: DatabaseSync;
  readonly #log: Pick<Logger, 'error'>;
  /** Ids of sessions. */
  readonly #unreadable = new Set<string>();

  constructor(database: DatabaseSync, log: Pick<Logger, 'error'>) {
    this.#database = database;
    this.#log = log;
  }

  /** Oldest first. */
  all(): readonly SessionRecord[] {
    return this.#database
      .prepare('SELECT id, student, lesson, parameters, used_at FROM sessions ORDER BY created_at, id')
      .all()
      .flatMap((row) => {
        const read = this.#read(sessionRow, row, `the session ${row.id}`);
        if (read.length === 0) this.#unreadable.add(String(row.id));
        return read;
      })
      .map(({ used_at: usedAtMs, ...session }) => ({ ...session, usedAtMs, hosts: this.#hosts(session.id) }));
  }

  /** The engine's names of the hosts of sessions that could not be read. */
  unreadableHosts(): ReadonlySet<string> {
    return new Set([...this.#unreadable].flatMap((session) => [...this.#hosts(session).values()]));
  }

  #read<T>(schema: z.ZodType<T>, row: Readonly<Record<string, SQLOutputValue>>, what: string): [T] | [] {
    try {
      return [schema.parse(row)];
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
      this.#log.error({ error: why }, `the record of ${what} cannot be read: it is left out, and left as it is`);
      return [];
    }
  }

  /** Adds a session that has no hosts yet. Takes the place of one that cannot be read, of the same student and lesson. */
  add({ id, student, lesson, parameters, usedAtMs }: SessionRecord): void {
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO sessions (id, student, lesson, parameters, used_at, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(id, student, lesson, JSON.stringify(parameters), usedAtMs, Date.now());
  }

  /** Replaces the hosts that it had. */
  setHosts(id: string, hosts: ReadonlyMap<string, string>): void {
    this.#transaction(() => {
      this.#database.prepare('DELETE FROM session_hosts WHERE session = ?').run(id);
      const insert = this.#database.prepare('INSERT INTO session_hosts (session, name, host) VALUES (?, ?, ?)');
      for (const [name, host] of hosts) insert.run(id, name, host);
    });
  }

  setUsed(id: string, usedAtMs: number): void {
    this.#database.prepare('UPDATE sessions SET used_at = ? WHERE id = ?').run(usedAtMs, id);
  }

  /** Idempotent. */
  remove(id: string): void {
    this.#database.prepare('DELETE FROM sessions WHERE id = ?').run(id);
  }

  /** Oldest first. */
  points(session: string): readonly PointRecord[] {
    return this.#database
      .prepare('SELECT snapshot, title, done, taken_at FROM reset_points WHERE session = ? ORDER BY taken_at, snapshot')
      .all(session)
      .flatMap((row) => this.#read(pointRow, row, `the snapshot ${row.snapshot} of the session ${session}`))
      .map(({ taken_at: takenAtMs, ...point }) => ({ ...point, takenAtMs }));
  }

  /** Replaces the point of the same snapshot. */
  setPoint(session: string, { snapshot, title, done, takenAtMs }: PointRecord): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO reset_points (session, snapshot, title, done, taken_at) VALUES (?, ?, ?, ?, ?)')
      .run(session, snapshot, title, JSON.stringify(done), takenAtMs);
  }

  /** Idempotent. */
  forgetPoint(session: string, snapshot: string): void {
    this.#database.prepare('DELETE FROM reset_points WHERE session = ? AND snapshot = ?').run(session, snapshot);
  }

  /** The snapshot that the session is being reset to; null where it is not being reset. */
  goingBackTo(session: string): string | null {
    const row = this.#database.prepare('SELECT going_back_to FROM sessions WHERE id = ?').get(session);
    return row === undefined ? null : goingBackRow.parse(row).going_back_to;
  }

  setGoingBackTo(session: string, snapshot: string | null): void {
    this.#database.prepare('UPDATE sessions SET going_back_to = ? WHERE id = ?').run(snapshot, session);
  }

  /** Tasks that the student has done once, and that a reset has opened again in this lab. */
  reopenedTasks(session: string): ReadonlySet<string> {
    const rows = this.#database.prepare('SELECT task FROM open_again WHERE session = ?').all(session);
    return new Set(rows.map((row) => taskRow.parse(row).task));
  }

  /** Replaces the tasks that it had. */
  setReopenedTasks(session: string, tasks: Iterable<string>): void {
    this.#transaction(() => {
      this.#database.prepare('DELETE FROM open_again WHERE session = ?').run(session);
      const insert = this.#database.prepare('INSERT INTO open_again (session, task) VALUES (?, ?)');
      for (const task of tasks) insert.run(session, task);
    });
  }

  /** Idempotent. */
  forgetReopenedTask(session: string, task: string): void {
    this.#database.prepare('DELETE FROM open_again WHERE session = ? AND task = ?').run(session, task);
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

  #hosts(session: string): ReadonlyMap<string, string> {
    const rows = this.#database.prepare('SELECT name, host FROM session_hosts WHERE session = ?').all(session);
    return new Map(rows.map((row) => hostRow.parse(row)).map(({ name, host }) => [name, host]));
  }

  /** Writes all of it, or nothing. */
  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
