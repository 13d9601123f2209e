// What the engine remembers across restarts: small JSON documents by kind, host and id, in one SQLite file.

import fs from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Kinds of record. A host's own record has kind `host` and id equal to its host's id. */
export type RecordKind =
  | 'host'
  | 'container'
  | 'image'
  | 'content'
  | 'details'
  | 'history'
  | 'terminal'
  | 'layer'
  | 'exec'
  | 'snapshot';

/** What the file may have free before it is made smaller: a page is used again, so this is for what a fault had left. */
const maxFreeBytes = 32 * 1024 * 1024;

/**
 * A store of records. Each call is one atomic transaction: after a crash a record is there whole, or as it was before.
 * Survives the process's death at once; a power loss may lose the last moments but never the file (SQLite WAL).
 */
export class Records {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteKind: StatementSync;
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #listOfHost: StatementSync;

  constructor(path: string) {
    fs.closeSync(fs.openSync(path, 'a', 0o600));
    fs.chmodSync(path, 0o600); // SQLite gives its other files the mode of this one
    this.#database = new DatabaseSync(path);
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS record (kind TEXT, host TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, host, id)) WITHOUT ROWID`);
    this.#put = this.#database.prepare('INSERT OR REPLACE INTO record (kind, host, id, body) VALUES (?, ?, ?, ?)');
    this.#delete = this.#database.prepare('DELETE FROM record WHERE kind = ? AND host = ? AND id = ?');
    this.#deleteKind = this.#database.prepare('DELETE FROM record WHERE kind = ? AND host = ?');
    this.#get = this.#database.prepare('SELECT body FROM record WHERE kind = ? AND host = ? AND id = ?');
    this.#list = this.#database.prepare('SELECT body FROM record WHERE kind = ?');
    this.#listOfHost = this.#database.prepare('SELECT body FROM record WHERE kind = ? AND host = ?');
  }

  /** Stores `body`, replacing what was there. `host` is '' for what belongs to no host. */
  put(kind: RecordKind, host: string, id: string, body: object): void {
    this.putText(kind, host, id, JSON.stringify(body));
  }

  /** The same for a body that is JSON already. */
  putText(kind: RecordKind, host: string, id: string, json: string): void {
    this.#put.run(kind, host, id, json);
  }

  /** One body, as it was put, and its length; nothing where there is none. */
  get<T extends object>(kind: RecordKind, host: string, id: string): [T, number] | [] {
    const row = this.#get.get(kind, host, id);
    if (!row) return [];
    const text = String(row.body);
    return [JSON.parse(text) as T, text.length];
  }

  /** The ids of a kind, without their bodies. */
  ids(kind: RecordKind, host: string): string[] {
    const rows = this.#database.prepare('SELECT id FROM record WHERE kind = ? AND host = ?').all(kind, host);
    return rows.map((row) => String(row.id));
  }

  /** The IDs of the images that hosts have, and that their containers and snapshots need. */
  usedImages(): Set<string> {
    const rows = this.#database
      .prepare(
        `SELECT id FROM record WHERE kind = 'image' AND host <> ''
         UNION SELECT json_extract(body, '$.imageId') FROM record WHERE kind = 'container'
         UNION SELECT json_extract(value, '$.imageId') FROM record, json_each(body, '$.images') WHERE kind = 'snapshot'
         UNION SELECT json_extract(value, '$.imageId') FROM record, json_each(body, '$.containers') WHERE kind = 'snapshot'`,
      )
      .all();
    return new Set(rows.map((row) => String(row.id)));
  }

  /** Gives what the file has free back to the disk, where it is much. Takes as long as to write what is left. */
  giveBack(): void {
    const number = (pragma: string) => Number(Object.values(this.#database.prepare(pragma).get() ?? {})[0] ?? 0);
    if (number('PRAGMA freelist_count') * number('PRAGMA page_size') > maxFreeBytes)
      this.#database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** Idempotent. */
  delete(kind: RecordKind, host: string, id: string): void {
    this.#delete.run(kind, host, id);
  }

  deleteHost(host: string): void {
    this.#database.prepare('DELETE FROM record WHERE host = ?').run(host);
  }

  /**
   * Replaces all that a host has of some kinds, at once: whoever opens the file later finds all of it as it was, or all as
   * given. On the disk when this returns.
   */
  replace(
    host: string,
    kinds: readonly RecordKind[],
    records: readonly { readonly kind: RecordKind; readonly id: string; readonly body: object }[],
  ): void {
    this.#database.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
    try {
      for (const kind of kinds) this.#deleteKind.run(kind, host);
      for (const { kind, id, body } of records) this.put(kind, host, id, body);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL');
    }
  }

  /** The bodies, as they were put: what the engine wrote itself is not parsed again by schema. */
  list<T extends object>(kind: RecordKind, host?: string): T[] {
    const rows = host === undefined ? this.#list.all(kind) : this.#listOfHost.all(kind, host);
    return rows.map((row) => JSON.parse(String(row.body)) as T);
  }

  close(): void {
    this.#database.close();
  }
}
