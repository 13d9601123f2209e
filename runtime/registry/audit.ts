// Who pushed, pulled and deleted what: the last events, in a table, and told to who listens as they happen.

import { maxRegistryEvents, pullDays } from '../limits.ts';
import type { Database, Row } from './database.ts';

export type RegistryAction =
  | 'push'
  | 'pull'
  | 'delete'
  /** A blob was sent whole. */
  | 'push-blob'
  /** A blob came from another repository, without being sent. */
  | 'mount-blob'
  /** A blob is being sent to a client. Told, but not remembered: each pull has several. */
  | 'pull-blob'
  | 'delete-blob';

export interface RegistryEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly action: RegistryAction;
  /** Null where nobody had logged in. */
  readonly who: string | null;
  readonly repository: string;
  /** The tag that was used, or moved; null where it was the digest alone. */
  readonly reference: string | null;
  /** Null where a tag was deleted. */
  readonly digest: string | null;
  /** Of the blob or manifest. */
  readonly bytes: number | null;
}

export interface StoredEvent extends RegistryEvent {
  /** Later ones have greater numbers. */
  readonly id: number;
}

/** How often images of a repository were pulled on one day. */
export interface DayOfPulls {
  /** `2026-11-30`, of UTC. */
  readonly day: string;
  readonly pulls: number;
}

/** After how many events the oldest are looked for. */
const trimEvery = 1000;
const dayMs = 24 * 60 * 60 * 1000;

export class Audit {
  readonly #database: Database;
  readonly #listeners = new Set<(event: RegistryEvent) => void>();
  #untrimmed = trimEvery;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the transaction that does what it tells, where there is one. */
  tell(given: Omit<RegistryEvent, 'at'>): void {
    const event = { at: Date.now(), ...given };
    if (event.action !== 'pull-blob') this.#database.transaction(() => this.#store(event));
    for (const listener of [...this.#listeners]) listener(event);
  }

  #store({ at, action, who, repository, reference, digest, bytes }: RegistryEvent): void {
    this.#database.run(
      'INSERT INTO event (at, action, who, repository, reference, digest, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[at, action, who, repository, reference, digest, bytes],
    );
    if (action === 'pull') this.#count(repository, Math.floor(at / dayMs));
    if (++this.#untrimmed < trimEvery) return;
    this.#untrimmed = 0;
    this.#database.run('DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?', maxRegistryEvents);
    this.#database.run('DELETE FROM pull_count WHERE day <= ?', Math.floor(at / dayMs) - pullDays);
  }

  #count(repository: string, day: number): void {
    this.#database.run(
      `INSERT INTO pull_count (repository, day, pulls) VALUES (?, ?, 1)
         ON CONFLICT (repository, day) DO UPDATE SET pulls = pulls + 1`,
      ...[repository, day],
    );
  }

  /** The pulls of a repository on each of the last `pullDays` days, the latest last. */
  pulls(repository: string, now = Date.now()): DayOfPulls[] {
    const first = Math.floor(now / dayMs) - pullDays + 1;
    const rows = this.#database.all(
      'SELECT day, pulls FROM pull_count WHERE repository = ? AND day >= ?',
      ...[repository, first],
    );
    const counts = new Map(rows.map(({ day, pulls }) => [Number(day), Number(pulls)]));
    return Array.from({ length: pullDays }, (_, n) => ({
      day: new Date((first + n) * dayMs).toISOString().slice(0, 10),
      pulls: counts.get(first + n) ?? 0,
    }));
  }

  /** Whole images that were pushed, pulled and deleted in a namespace, the newest first: `before` the event with that number. */
  ofNamespace(namespace: string, before: number, most: number): StoredEvent[] {
    return this.#database
      .all(
        `SELECT * FROM event WHERE substr(repository, 1, instr(repository, '/') - 1) = ? AND id < ?
           AND action IN ('push', 'pull', 'delete') ORDER BY id DESC LIMIT ?`,
        ...[namespace, before, most],
      )
      .map(eventOf);
  }

  /** Calls `listener` at each event, until the function that is returned is called. It must not throw. */
  listen(listener: (event: RegistryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The newest first: those of one repository, or of all; `before` the event with that number. */
  list(options: { readonly repository?: string; readonly before?: number; readonly most: number }): StoredEvent[] {
    const { repository, before = Number.MAX_SAFE_INTEGER, most } = options;
    const rows =
      repository === undefined
        ? this.#database.all('SELECT * FROM event WHERE id < ? ORDER BY id DESC LIMIT ?', before, most)
        : this.#database.all(
            'SELECT * FROM event WHERE repository = ? AND id < ? ORDER BY id DESC LIMIT ?',
            ...[repository, before, most],
          );
    return rows.map(eventOf);
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function eventOf(row: Row): StoredEvent {
  return {
    id: Number(row.id),
    at: Number(row.at),
    action: String(row.action) as RegistryAction,
    who: textOf(row.who),
    repository: String(row.repository),
    reference: textOf(row.reference),
    digest: textOf(row.digest),
    bytes: row.bytes === null ? null : Number(row.bytes),
  };
}
