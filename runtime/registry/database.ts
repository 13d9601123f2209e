// The registry's tables, in one SQLite file of their own. Knows the tables, not what they mean.
//
// A commit is in the file at once, for every reader and after the process's death. On the disk it is when `durable` resolves: the
// write-ahead log is brought there off the engine's thread, for all commits before it together.

import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { EngineError } from '../errors.ts';
import { GroupSync } from '../store/group-sync.ts';

/**
 * Each makes of the tables of one version those of the next, and stays as it is for good; the file's `user_version` says how many
 * were done.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE repository (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    namespace TEXT NOT NULL,
    created INTEGER NOT NULL
  );
  CREATE INDEX repository_namespace ON repository (namespace);

  -- A file of the store.
  CREATE TABLE blob (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, size INTEGER NOT NULL);

  -- By which digests a blob is found: its sha256, and others that somebody has sent it by.
  CREATE TABLE address (
    digest TEXT PRIMARY KEY,
    blob INTEGER NOT NULL REFERENCES blob (id) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX address_blob ON address (blob);

  -- Which repositories have a blob, and when somebody last sent it or asked for it to refer to it.
  CREATE TABLE link (
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    blob INTEGER NOT NULL REFERENCES blob (id),
    used INTEGER NOT NULL,
    PRIMARY KEY (repository, blob)
  ) WITHOUT ROWID;
  CREATE INDEX link_blob ON link (blob);

  -- The body, byte for byte as it came, is last, so that the rest is read without it.
  CREATE TABLE manifest (
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    subject TEXT,
    artifact_type TEXT,
    pushed INTEGER NOT NULL,
    pushed_by TEXT,
    annotations TEXT,
    body BLOB NOT NULL,
    PRIMARY KEY (repository, digest)
  );
  CREATE INDEX manifest_subject ON manifest (repository, subject, digest) WHERE subject IS NOT NULL;

  -- What a manifest names: blobs and other manifests.
  CREATE TABLE need (
    repository INTEGER NOT NULL,
    digest TEXT NOT NULL,
    manifest TEXT NOT NULL,
    PRIMARY KEY (repository, digest, manifest),
    FOREIGN KEY (repository, manifest) REFERENCES manifest (repository, digest) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX need_manifest ON need (repository, manifest);

  CREATE TABLE tag (
    repository INTEGER NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    moved INTEGER NOT NULL,
    moved_by TEXT,
    PRIMARY KEY (repository, name),
    FOREIGN KEY (repository, digest) REFERENCES manifest (repository, digest) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX tag_order ON tag (repository, name COLLATE NOCASE, name);
  CREATE INDEX tag_digest ON tag (repository, digest);

  -- Uploads that are open: the bytes are in a file with this name.
  CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    repository TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    used INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    who TEXT,
    repository TEXT NOT NULL,
    reference TEXT,
    digest TEXT,
    bytes INTEGER
  );
  CREATE INDEX event_repository ON event (repository, id);
  `,
  `
  -- public, private, or as its namespace has it.
  ALTER TABLE repository ADD COLUMN visibility TEXT;

  -- A number is never used twice, so that what was given to an account that is gone is of no use to another of its name.
  -- \`kind\`: a person's account, or one that a lab has. \`password\`: a PHC string; none for that of a lab.
  -- \`epoch\` grows where all that was given out before is to be of no use any more.
  CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    password TEXT,
    epoch INTEGER NOT NULL,
    created INTEGER NOT NULL
  );

  CREATE TABLE access_token (
    id TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    scope TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    used INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX access_token_account ON access_token (account);

  CREATE TABLE namespace (
    name TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES account (id),
    visibility TEXT NOT NULL,
    created INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX namespace_owner ON namespace (owner);

  CREATE TABLE member (
    namespace TEXT NOT NULL REFERENCES namespace (name) ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    access TEXT NOT NULL,
    PRIMARY KEY (namespace, account)
  ) WITHOUT ROWID;
  CREATE INDEX member_account ON member (account);
  `,
  `
  -- By digests of which algorithms the repository has the blob: 1 sha256, 2 sha512, 3 either.
  ALTER TABLE link ADD COLUMN algorithms INTEGER NOT NULL DEFAULT 3;
  `,
  `
  -- The limit of pulls that an account has of its own, as \`100;w=21600\`.
  ALTER TABLE account ADD COLUMN pulls TEXT;
  `,
  `
  -- The events of a namespace, by their number.
  CREATE INDEX event_namespace ON event (substr(repository, 1, instr(repository, '/') - 1), id);

  -- How often images of a repository were pulled on a day (of UTC, counted from 1970).
  CREATE TABLE pull_count (
    repository TEXT NOT NULL,
    day INTEGER NOT NULL,
    pulls INTEGER NOT NULL,
    PRIMARY KEY (repository, day)
  ) WITHOUT ROWID;
  `,
  `
  -- What is in an image, by the digest of its manifest: found once, however many repositories have it. \`found\` is JSON of that
  -- \`format\`; where it could not be found, \`failure\` says why. \`official\`: of an image that no repository keeps.
  CREATE TABLE content (
    digest TEXT PRIMARY KEY,
    format INTEGER NOT NULL,
    official INTEGER NOT NULL,
    made INTEGER NOT NULL,
    packages INTEGER NOT NULL,
    failure TEXT,
    found TEXT
  );
  CREATE INDEX manifest_digest ON manifest (digest);

  -- For which images the hub itself has pushed an SBOM, a manifest of this digest with this blob: once. It may have been deleted since.
  CREATE TABLE sbom (
    repository INTEGER NOT NULL,
    subject TEXT NOT NULL,
    digest TEXT NOT NULL,
    blob TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (repository, subject),
    FOREIGN KEY (repository, subject) REFERENCES manifest (repository, digest) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX sbom_digest ON sbom (repository, digest);
  CREATE INDEX sbom_blob ON sbom (blob);
  CREATE TRIGGER sbom_goes_with_image BEFORE DELETE ON manifest BEGIN
    DELETE FROM manifest WHERE repository = old.repository
      AND digest IN (SELECT digest FROM sbom WHERE repository = old.repository AND subject = old.digest);
  END;
  `,
  `
  -- Where the events of a namespace are sent to. \`actions\`: those that are sent, with commas between.
  CREATE TABLE webhook (
    id TEXT PRIMARY KEY,
    namespace TEXT NOT NULL REFERENCES namespace (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    actions TEXT NOT NULL,
    created INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX webhook_namespace ON webhook (namespace);

  -- What was sent, or is to be. \`next\`: when it is tried; null when it was delivered, or is given up.
  CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    repository TEXT,
    reference TEXT,
    digest TEXT,
    created INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    tried INTEGER,
    next INTEGER,
    state TEXT NOT NULL,
    status INTEGER,
    message TEXT NOT NULL,
    answer TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX delivery_webhook ON delivery (webhook, id);
  CREATE INDEX delivery_next ON delivery (next) WHERE next IS NOT NULL;

  CREATE INDEX event_action ON event (action, id);
  `,
  `
  -- What the manifests of a repository add to its namespace's quota.
  CREATE INDEX manifest_size ON manifest (repository, size);
  `,
  `
  -- Manifests that were fetched from other registries, and when somebody last used each.
  CREATE TABLE kept (
    repository INTEGER NOT NULL,
    digest TEXT NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (repository, digest),
    FOREIGN KEY (repository, digest) REFERENCES manifest (repository, digest) ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX kept_used ON kept (used);
  `,
];

export type Row = Readonly<Record<string, unknown>>;

export class Database implements AsyncDisposable {
  readonly #sql: DatabaseSync;
  readonly #log: GroupSync;
  readonly #prepared = new Map<string, StatementSync>();
  #depth = 0;

  private constructor(sql: DatabaseSync, log: GroupSync) {
    this.#sql = sql;
    this.#log = log;
  }

  /** Makes the file where it is missing. Throws conflict where a later Drydock has written it. */
  static async open(path: string): Promise<Database> {
    fs.closeSync(fs.openSync(path, 'a', 0o600));
    const sql = new DatabaseSync(path);
    try {
      // EXCLUSIVE: nobody else opens it, and so SQLite maps no file of its own. On a full btrfs a write to such a mapping is a SIGBUS.
      // Not FULL: each commit would then wait for the disk on the engine's own thread.
      sql.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      migrate(sql, path);
      const directory = await open(path.slice(0, path.lastIndexOf('/')), 'r');
      await directory.sync().finally(() => directory.close());
      return new Database(sql, await GroupSync.open(`${path}-wal`));
    } catch (error) {
      sql.close();
      throw error;
    }
  }

  #statement(text: string): StatementSync {
    const known = this.#prepared.get(text);
    if (known) return known;
    const made = this.#sql.prepare(text);
    this.#prepared.set(text, made);
    return made;
  }

  get(text: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(text).get(...values);
  }

  all(text: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(text).all(...values);
  }

  /** One row after the other, for lists that are left before their end. Nothing may be changed meanwhile. */
  each(text: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.#statement(text).iterate(...values);
  }

  /** The number of rows that it changed. */
  run(text: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(text).run(...values).changes);
  }

  /** All of `work` or, where it throws, nothing of it. One within another is a part of it. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#sql.exec('BEGIN IMMEDIATE');
    this.#depth++;
    try {
      const result = work();
      this.#sql.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has done so by itself where the disk is full.
      if (this.#sql.isTransaction) this.#sql.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** Resolves when all that was committed before the call survives a loss of power. */
  durable(): Promise<void> {
    return this.#log.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#log[Symbol.asyncDispose]();
    this.#sql.close();
  }
}

function migrate(sql: DatabaseSync, path: string): void {
  const done = Number(sql.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (done > migrations.length)
    throw new EngineError('conflict', `open ${path}: it was written by a newer Drydock; start that version instead`);
  sql.exec('BEGIN IMMEDIATE');
  for (const migration of migrations.slice(done)) sql.exec(migration);
  sql.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
}
