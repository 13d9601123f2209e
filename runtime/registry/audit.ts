// Who pushed, pulled and deleted what: the last events, in a table, and told to who listens as they happen.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { auditSliceRows, maxEventsPerAction, pullDays } from '../limits.ts';
import type { Database, Row } from './database.ts';
import { namespaceOf } from './names.ts';

export const auditActions = [
  'push',
  'pull',
  'delete',
  'delete-repository',
  'fetch',
  'push-blob',
  'mount-blob',
  'delete-blob',
] as const;

export type RegistryAction =
  | 'push'
  | 'pull'
  | 'delete'
  /** With all that it held. */
  | 'delete-repository'
  /** The machine has fetched it from another registry, for whoever asked. */
  | 'fetch'
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

/** After how many events of an action the oldest are looked for. */
const trimEvery = 500;
const dayMs = 24 * 60 * 60 * 1000;

/** What changes what a namespace holds. */
const changing: readonly RegistryAction[] = ['push', 'delete', 'delete-repository'];

export interface EventFilter {
  readonly repository?: string;
  readonly namespace?: string;
  readonly who?: string;
  readonly action?: RegistryAction;
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** Those before the event with that number. */
  readonly before?: number;
}

/** Who has done what the hub does of its own accord: no account has this name. */
export const hubItself = 'drydock';

export class Audit {
  readonly #database: Database;
  readonly #listeners = new Set<(event: RegistryEvent) => void>();
  readonly #changes = new Set<(namespace: string) => void>();
  readonly #untrimmed = new Map<RegistryAction, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the transaction that does what it tells, where there is one. */
  tell(given: Omit<RegistryEvent, 'at'>): void {
    const event = { at: Date.now(), ...given };
    if (event.action === 'pull-blob') this.#notify(event);
    else
      this.#database.transaction(() => {
        this.#store(event);
        this.#notify(event);
      });
  }

  #notify(event: RegistryEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
    if (changing.includes(event.action)) this.touch(namespaceOf(event.repository));
  }

  #store({ at, action, who, repository, reference, digest, bytes }: RegistryEvent): void {
    this.#database.run(
      'INSERT INTO event (at, action, who, repository, reference, digest, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[at, action, who, repository, reference, digest, bytes],
    );
    if (action === 'pull') this.#count(repository, Math.floor(at / dayMs));
    // So many of each action: who pulls all day long makes nobody's pushes be forgotten.
    const untrimmed = (this.#untrimmed.get(action) ?? trimEvery) + 1;
    this.#untrimmed.set(action, untrimmed < trimEvery ? untrimmed : 0);
    if (untrimmed < trimEvery) return;
    this.#database.run(
      `DELETE FROM event WHERE action = ?1 AND id <=
         (SELECT id FROM event WHERE action = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
      ...[action, maxEventsPerAction],
    );
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
           AND action IN ('push', 'pull', 'delete', 'delete-repository') ORDER BY id DESC LIMIT ?`,
        ...[namespace, before, most],
      )
      .map(eventOf);
  }

  /** Whoever looks at a namespace should look again: something was pushed or deleted, or who may do what has changed. */
  touch(namespace: string): void {
    for (const listener of [...this.#changes]) listener(namespace);
  }

  /** Calls `listener` when a namespace has changed, perhaps before that is stored, until the function that is returned is called. It must not throw. */
  listenToChanges(listener: (namespace: string) => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  /**
   * Calls `listener` at each event, in its transaction where it has one, until the function that is returned is called. What it throws
   * undoes what was done.
   */
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

  /** The newest first, at most `most`. Others have the loop in between: it may have to look at all that there are. */
  async search(filter: EventFilter, most: number): Promise<StoredEvent[]> {
    const { repository = null, namespace = null, who = null, action = null, since = 0, before = null } = filter;
    const range = this.#database.get('SELECT min(id) AS first, max(id) AS last FROM event');
    const first = Number(range?.first ?? 0);
    const found: StoredEvent[] = [];
    let end = Math.min(before ?? Number.MAX_SAFE_INTEGER, Number(range?.last ?? 0) + 1);
    while (found.length < most && end > first) {
      const rows = this.#database.all(
        `SELECT * FROM event WHERE id >= ?1 AND id < ?2 AND at >= ?3 AND (?4 IS NULL OR repository = ?4)
           AND (?5 IS NULL OR repository = ?5 OR substr(repository, 1, length(?5) + 1) = ?5 || '/')
           AND (?6 IS NULL OR who = ?6) AND (?7 IS NULL OR action = ?7) ORDER BY id DESC LIMIT ?8`,
        ...[end - auditSliceRows, end, since, repository, namespace, who, action, most - found.length],
      );
      found.push(...rows.map(eventOf));
      end -= auditSliceRows;
      await nextTurn();
    }
    return found;
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
