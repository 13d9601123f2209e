// Who pushed, pulled and deleted what: the last events, in a table, and told to who listens as they happen.

import { maxRegistryEvents } from '../limits.ts';
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

/** After how many events the oldest are looked for. */
const trimEvery = 1000;

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
    if (event.action !== 'pull-blob') this.#store(event);
    for (const listener of [...this.#listeners]) listener(event);
  }

  #store({ at, action, who, repository, reference, digest, bytes }: RegistryEvent): void {
    this.#database.run(
      'INSERT INTO event (at, action, who, repository, reference, digest, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[at, action, who, repository, reference, digest, bytes],
    );
    if (++this.#untrimmed < trimEvery) return;
    this.#untrimmed = 0;
    this.#database.run('DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?', maxRegistryEvents);
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
