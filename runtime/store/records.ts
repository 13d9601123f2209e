// What the engine remembers across restarts: small JSON documents by kind, host and id, each with its version, in one SQLite file.

import fs from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Logger } from 'pino';
import { EngineError } from '../errors.ts';
import { bodyOf, type RecordKind, readBody, versionOf } from './record-kind.ts';

/** What the file may have free before it is made smaller: a page is used again, so this is for what a fault had left. */
const maxFreeBytes = 32 * 1024 * 1024;

/** A record to store. A host's own record has the id of its host. */
export interface NewRecord {
  readonly kind: RecordKind<unknown>;
  readonly id: string;
  readonly body: unknown;
}

/** Ties a record to its kind, for a list of records of several kinds. */
export function newRecord<T>(kind: RecordKind<T>, id: string, record: T): NewRecord {
  return { kind, id, body: bodyOf(kind, record) };
}

/**
 * A store of records. Each call is one atomic transaction: after a crash a record is there whole, or as it was before.
 * Survives the process's death at once; a power loss may lose the last moments but never the file (SQLite WAL).
 *
 * A record is parsed, and upgraded where an earlier version wrote it, when it is read. One that cannot be read is refused: it is
 * logged, left out, and left on the disk as it is. See `complete`.
 */
export class Records {
  readonly #database: DatabaseSync;
  readonly #log: Logger;
  readonly #kinds: readonly RecordKind<unknown>[];
  /** Why, by kind, host and id. */
  readonly #refused = new Map<string, string>();
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteKind: StatementSync;
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #listOfHost: StatementSync;

  /** Makes the file where it is missing. Throws conflict where a later version, which knows more of `kinds`, has written it. */
  constructor(path: string, kinds: readonly RecordKind<unknown>[], log: Logger) {
    this.#log = log;
    this.#kinds = kinds;
    fs.closeSync(fs.openSync(path, 'a', 0o600));
    fs.chmodSync(path, 0o600); // SQLite gives its other files the mode of this one
    this.#database = new DatabaseSync(path);
    // EXCLUSIVE: nobody else opens it, and so SQLite maps no file of its own. On a full btrfs a write to such a mapping is a SIGBUS.
    this.#database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    // An engine before 2026-11-30 mapped it.
    fs.rmSync(`${path}-shm`, { force: true });
    this.#bringUpToDate(path);
    this.#put = this.#database.prepare(
      'INSERT OR REPLACE INTO record (kind, host, id, v, body) VALUES (?, ?, ?, ?, ?)',
    );
    this.#delete = this.#database.prepare('DELETE FROM record WHERE kind = ? AND host = ? AND id = ?');
    this.#deleteKind = this.#database.prepare('DELETE FROM record WHERE kind = ? AND host = ?');
    this.#get = this.#database.prepare('SELECT host, id, v, body FROM record WHERE kind = ? AND host = ? AND id = ?');
    this.#list = this.#database.prepare('SELECT host, id, v, body FROM record WHERE kind = ?');
    this.#listOfHost = this.#database.prepare('SELECT host, id, v, body FROM record WHERE kind = ? AND host = ?');
  }

  #bringUpToDate(path: string): void {
    // Each version of a kind is one more: a file that says more was written by a later Drydock.
    const known = this.#kinds.reduce((sum, kind) => sum + versionOf(kind), 0);
    const written = this.#pragma('user_version');
    if (written > known) {
      this.#database.close();
      throw new EngineError(
        'conflict',
        `open ${path}: it was written by a newer Drydock (records ${written}, this one knows ${known}); start that version instead`,
      );
    }
    this.#database.exec(
      `CREATE TABLE IF NOT EXISTS record (kind TEXT, host TEXT, id TEXT, body TEXT NOT NULL, v INTEGER NOT NULL DEFAULT 0,
         PRIMARY KEY (kind, host, id)) WITHOUT ROWID`,
    );
    const hasVersions = this.#database.prepare(`SELECT 1 FROM pragma_table_info('record') WHERE name = 'v'`).get();
    if (!hasVersions) this.#database.exec('ALTER TABLE record ADD COLUMN v INTEGER NOT NULL DEFAULT 0');
    if (written < known) this.#database.exec(`PRAGMA user_version = ${known}`);
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
  }

  /**
   * False while there is a record that could not be read. Files that belong to no record may then be that record's, so they must
   * be kept, until an engine can read the record or the record is removed.
   */
  get complete(): boolean {
    return this.#refused.size === 0;
  }

  /** The records that could not be read, a sentence each. */
  refusals(): string[] {
    return [...this.#refused.values()];
  }

  /** Stores `record`, replacing what was there. `host` is '' for what belongs to no host. */
  put<T>(kind: RecordKind<T>, host: string, id: string, record: T): void {
    this.putText(kind, host, id, JSON.stringify(bodyOf(kind, record)));
  }

  /** The same for a body that is JSON already. */
  putText(kind: RecordKind<unknown>, host: string, id: string, json: string): void {
    if (!this.#kinds.includes(kind))
      throw new EngineError('internal', `records of the kind ${kind.name} are not known`);
    this.#put.run(kind.name, host, id, versionOf(kind), json);
    this.#refused.delete(keyOf(kind, host, id));
  }

  /** One record and the length of its text; nothing where there is none, or none that can be read. */
  get<T>(kind: RecordKind<T>, host: string, id: string): [T, number] | [] {
    const row = this.#get.get(kind.name, host, id);
    if (!row) return [];
    const [record] = this.#read(kind, row);
    return record === undefined ? [] : [record, String(row.body).length];
  }

  /** The ids of a kind, without their bodies. */
  ids(kind: RecordKind<unknown>, host: string): string[] {
    const rows = this.#database.prepare('SELECT id FROM record WHERE kind = ? AND host = ?').all(kind.name, host);
    return rows.map((row) => String(row.id));
  }

  /** Those of a kind that can be read. */
  list<T>(kind: RecordKind<T>, host?: string): T[] {
    const rows = host === undefined ? this.#list.all(kind.name) : this.#listOfHost.all(kind.name, host);
    return rows.flatMap((row) => this.#read(kind, row));
  }

  #read<T>(kind: RecordKind<T>, { host, id, v, body }: Readonly<Record<string, unknown>>): [T] | [] {
    try {
      return [readBody(kind, Number(v), JSON.parse(String(body)))];
    } catch (error) {
      const key = keyOf(kind, String(host), String(id));
      if (this.#refused.has(key)) return [];
      const whose = host === '' ? '' : ` of host ${host}`;
      const why = `the record ${kind.name} ${id}${whose} cannot be read: ${(error as Error).message}`;
      this.#refused.set(key, why);
      this.#log.error(
        { kind: kind.name, host, id, v },
        `${why}; it is left as it is, without what it is the record of, and nothing that it may name is removed`,
      );
      return [];
    }
  }

  /** The IDs of the images that hosts have, and that their containers and snapshots need, as far as JSON tells of any version. */
  usedImages(): Set<string> {
    const rows = this.#database
      .prepare(
        `WITH there AS (SELECT kind, host, id, CASE WHEN json_valid(body) THEN body ELSE '{}' END AS body FROM record),
           kept AS (SELECT value FROM there, json_each(body, '$.images') WHERE kind = 'snapshot'
             UNION ALL SELECT value FROM there, json_each(body, '$.containers') WHERE kind = 'snapshot')
         SELECT id FROM there WHERE kind = 'image' AND host <> ''
         UNION SELECT json_extract(body, '$.imageId') FROM there WHERE kind = 'container'
         UNION SELECT json_extract(value, '$.source') FROM there, json_each(body, '$.mounts') WHERE kind = 'container'
         UNION SELECT coalesce(json_extract(value, '$.body.imageId'), json_extract(value, '$.imageId')) FROM kept`,
      )
      .all();
    return new Set(rows.map((row) => String(row.id)));
  }

  /** Gives what the file has free back to the disk, where it is much. Takes as long as to write what is left. */
  giveBack(): void {
    if (this.#pragma('freelist_count') * this.#pragma('page_size') > maxFreeBytes)
      this.#database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** Idempotent. */
  delete(kind: RecordKind<unknown>, host: string, id: string): void {
    this.#delete.run(kind.name, host, id);
    this.#refused.delete(keyOf(kind, host, id));
  }

  deleteHost(host: string): void {
    this.#database.prepare('DELETE FROM record WHERE host = ?').run(host);
    this.#forgetRefused((_kind, of) => of === host);
  }

  /**
   * Replaces all that a host has of some kinds, at once: whoever opens the file later finds all of it as it was, or all as
   * given. On the disk when this returns.
   */
  replace(host: string, kinds: readonly RecordKind<unknown>[], records: readonly NewRecord[]): void {
    this.#database.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
    try {
      for (const kind of kinds) this.#deleteKind.run(kind.name, host);
      for (const { kind, id, body } of records) this.putText(kind, host, id, JSON.stringify(body));
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL');
    }
    const names = new Set(kinds.map(({ name }) => name));
    this.#forgetRefused((kind, of) => of === host && names.has(kind));
  }

  #forgetRefused(isGone: (kind: string, host: string) => boolean): void {
    for (const key of this.#refused.keys()) {
      const [kind = '', host = ''] = key.split('\n');
      if (isGone(kind, host)) this.#refused.delete(key);
    }
  }

  close(): void {
    this.#database.close();
  }
}

function keyOf(kind: RecordKind<unknown>, host: string, id: string): string {
  return `${kind.name}\n${host}\n${id}`;
}
