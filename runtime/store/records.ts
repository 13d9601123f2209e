// What the engine remembers across restarts: small JSON documents by kind, host and id, in one SQLite file.

import fs from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Kinds of record. A host's own record has kind `host` and id equal to its host's id. */
export type RecordKind = 'host' | 'container' | 'image' | 'terminal' | 'layer' | 'exec' | 'snapshot';

/**
 * A store of records. Each call is one atomic transaction: after a crash a record is there whole, or as it was before.
 * Survives the process's death at once; a power loss may lose the last moments but never the file (SQLite WAL).
 */
export class Records {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteKind: StatementSync;
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
    this.#list = this.#database.prepare('SELECT body FROM record WHERE kind = ?');
    this.#listOfHost = this.#database.prepare('SELECT body FROM record WHERE kind = ? AND host = ?');
  }

  /** Stores `body`, replacing what was there. `host` is '' for what belongs to no host. */
  put(kind: RecordKind, host: string, id: string, body: object): void {
    this.#put.run(kind, host, id, JSON.stringify(body));
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
