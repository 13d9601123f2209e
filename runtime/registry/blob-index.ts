// Which blobs there are, by which digests they are found, and which repositories have them: rows alone, no files.

import { maxMountSources } from '../limits.ts';
import type { Database, Row } from './database.ts';
import { algorithmOf } from './names.ts';

export interface StoredBlob {
  readonly id: number;
  /** Names its file. */
  readonly sha256: string;
  readonly size: number;
}

const blobOf = (row: Row | undefined): StoredBlob | null =>
  row ? { id: Number(row.id), sha256: String(row.sha256), size: Number(row.size) } : null;

/** As a link tells by which algorithms its repository has the blob. */
const bitOf = (digest: string): number => (algorithmOf(digest) === 'sha512' ? 2 : 1);

export class BlobIndex {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The blob with that digest, whoever has it. */
  anywhere(digest: string): StoredBlob | null {
    return blobOf(
      this.#database.get(
        'SELECT blob.id, sha256, size FROM address JOIN blob ON blob.id = address.blob WHERE digest = ?',
        digest,
      ),
    );
  }

  /** The blob, where the repository has it by a digest of that algorithm. */
  find(repository: number, digest: string): StoredBlob | null {
    return blobOf(
      this.#database.get(
        `SELECT blob.id, sha256, size FROM address JOIN blob ON blob.id = address.blob
           JOIN link ON link.blob = blob.id AND link.repository = ?2 AND link.algorithms & ?3 WHERE digest = ?1`,
        ...[digest, repository, bitOf(digest)],
      ),
    );
  }

  /** Some repositories that have it, in order. */
  holders(digest: string): string[] {
    return this.#database
      .all(
        `SELECT name FROM address JOIN link ON link.blob = address.blob JOIN repository ON repository.id = link.repository
           WHERE digest = ? AND link.algorithms & ? ORDER BY name LIMIT ?`,
        ...[digest, bitOf(digest), maxMountSources],
      )
      .map(({ name }) => String(name));
  }

  /** Makes the blob where it is new, lets it be found by `digest`, and gives it to the repository by that. Idempotent. */
  add(repository: number, { sha256, size }: Omit<StoredBlob, 'id'>, digest: string): StoredBlob {
    this.#database.run('INSERT OR IGNORE INTO blob (sha256, size) VALUES (?, ?)', sha256, size);
    const { id } = this.#database.get('SELECT id FROM blob WHERE sha256 = ?', sha256) ?? {};
    for (const address of new Set([sha256, digest]))
      this.#database.run('INSERT OR IGNORE INTO address (digest, blob) VALUES (?, ?)', address, Number(id));
    this.link(repository, Number(id), digest);
    return { id: Number(id), sha256, size };
  }

  /** Gives the blob to the repository by `digest`, or keeps it there for as long as if it had just been sent. */
  link(repository: number, blob: number, digest: string): void {
    this.#database.run(
      `INSERT INTO link (repository, blob, used, algorithms) VALUES (?, ?, ?, ?)
         ON CONFLICT (repository, blob) DO UPDATE SET used = excluded.used, algorithms = algorithms | excluded.algorithms`,
      ...[repository, blob, Date.now(), bitOf(digest)],
    );
  }

  /** The same, where it was not done within `freshMs`: asking is cheap, and writing down that somebody asked should be too. */
  touch(repository: number, blob: number, freshMs: number): void {
    const now = Date.now();
    this.#database.run(
      'UPDATE link SET used = ? WHERE repository = ? AND blob = ? AND used < ?',
      ...[now, repository, blob, now - freshMs],
    );
  }

  /** Takes it from the repository by digests like that; all of it, where it had it by no others. */
  withdraw(repository: number, blob: number, digest: string): void {
    this.#database.run(
      'UPDATE link SET algorithms = algorithms & ~? WHERE repository = ? AND blob = ?',
      ...[bitOf(digest), repository, blob],
    );
    this.#database.run('DELETE FROM link WHERE repository = ? AND blob = ? AND algorithms = 0', repository, blob);
  }

  /** Takes it from the repository. */
  unlink(repository: number, blob: number): void {
    this.#database.run('DELETE FROM link WHERE repository = ? AND blob = ?', repository, blob);
  }

  isKnown(sha256: string): boolean {
    return this.#database.get('SELECT 1 FROM blob WHERE sha256 = ?', sha256) !== undefined;
  }

  /** The digest of each file that there must be. */
  *files(): Generator<string> {
    for (const { sha256 } of this.#database.each('SELECT sha256 FROM blob')) yield String(sha256);
  }
}
