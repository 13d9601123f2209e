// What the engine remembers across restarts: small JSON documents by kind, host and id, in one SQLite file.

import fs from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Kinds of record. A host's own record has kind `host` and id equal to its host's id. */
export type RecordKind = 'host' | 'container' | 'image' | 'terminal' | 'layer' | 'exec';

/**
 * A store of records. Each call is one atomic transaction: after a crash a record is there whole, or as it was before.
 * Survives the process's death at once; a power loss may lose the last moments but never the file (SQLite WAL).
 */
export class Records {
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
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

  /** The bodies, as they were put: what the engine wrote itself is not parsed again by schema. */
  list<T extends object>(kind: RecordKind, host?: string): T[] {
    const rows = host === undefined ? this.#list.all(kind) : this.#listOfHost.all(kind, host);
    return rows.map((row) => JSON.parse(String(row.body)) as T);
  }

  close(): void {
    this.#database.close();
  }
}
