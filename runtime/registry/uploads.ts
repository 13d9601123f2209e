// The uploads that are open, by id. They outlive the process: what was sent is in a file, and the row says whose it is.

import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { EngineError } from '../errors.ts';
import { freeBytesOf } from '../kernel/free-space.ts';
import { freeCheckBytes, leastFreeBytes, maxUploadIdleMs, maxUploadsPerNamespace } from '../limits.ts';
import type { Database } from './database.ts';
import { type Algorithm, algorithms, namespaceOf } from './names.ts';
import { Pace } from './pace.ts';
import type { Quota } from './quota.ts';
import { Refusal } from './refusal.ts';
import { Upload } from './upload.ts';

export class Uploads {
  readonly #directory: string;
  readonly #database: Database;
  readonly #quota: Quota;
  readonly #pace = new Pace();
  readonly #open = new Map<string, Upload>();
  /** With how many bytes each of them counts, and all of a namespace. */
  readonly #counted = new Map<Upload, number>();
  readonly #bytes = new Map<string, number>();

  /** `directory` is this registry's alone, on the blobs' file system. */
  constructor(directory: string, database: Database, quota: Quota) {
    this.#directory = directory;
    this.#database = database;
    this.#quota = quota;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const row of database.all('SELECT id, repository, algorithm FROM upload')) {
      const [id, repository] = [String(row.id), String(row.repository)];
      const algorithm = algorithms.find((name) => name === row.algorithm) ?? 'sha256';
      const path = `${directory}/${id}`;
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined) this.#database.run('DELETE FROM upload WHERE id = ?', id);
      else this.#know(new Upload({ id, repository, algorithm, path, size }));
    }
    for (const name of readdirSync(directory)) if (!this.#open.has(name)) rmSync(`${directory}/${name}`);
  }

  #know(upload: Upload): void {
    this.#open.set(upload.id, upload);
    this.#counted.set(upload, 0);
    this.#count(upload, upload.size);
  }

  /** Of one that is gone nothing counts. */
  #count(upload: Upload, bytes: number): void {
    const counted = this.#counted.get(upload);
    if (counted === undefined) return;
    this.#counted.set(upload, counted + bytes);
    const namespace = namespaceOf(upload.repository);
    const all = (this.#bytes.get(namespace) ?? 0) + bytes;
    if (all > 0) this.#bytes.set(namespace, all);
    else this.#bytes.delete(namespace);
  }

  /** Throws TOOMANYREQUESTS where its namespace has as many as it may. */
  begin(repository: string, algorithm: Algorithm): Upload {
    const namespace = namespaceOf(repository);
    let many = 0;
    for (const one of this.#open.values()) if (namespaceOf(one.repository) === namespace) many++;
    if (many >= maxUploadsPerNamespace)
      throw new Refusal('TOOMANYREQUESTS', {
        message: `${namespace} has ${maxUploadsPerNamespace} uploads that are not finished; finish or cancel one`,
      });
    const id = randomUUID();
    const path = `${this.#directory}/${id}`;
    writeFileSync(path, '', { flag: 'wx', mode: 0o644 });
    this.#database.run(
      'INSERT INTO upload (id, repository, algorithm, used) VALUES (?, ?, ?, ?)',
      ...[id, repository, algorithm, Date.now()],
    );
    const upload = new Upload({ id, repository, algorithm, path, size: 0 });
    this.#know(upload);
    return upload;
  }

  /** Throws BLOB_UPLOAD_UNKNOWN where there is none, or it is another repository's. */
  need(repository: string, id: string): Upload {
    const upload = this.#open.get(id);
    if (upload?.repository === repository) return upload;
    throw new Refusal('BLOB_UPLOAD_UNKNOWN', { detail: { uploadId: id.slice(0, 100) } });
  }

  /**
   * Does `work` with an upload that no other request then works with. Throws BLOB_UPLOAD_UNKNOWN where there is none, or it is gone
   * when the work before it has ended.
   */
  async alone<T>(
    repository: string,
    id: string,
    work: (upload: Upload, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const upload = this.need(repository, id);
    return await upload.alone(async (signal) => await work(this.need(repository, id), signal));
  }

  /**
   * Adds to it what `body` holds. Throws noSpace where the disk is nearly full, and DENIED where its namespace then sends more than
   * it may hold: as much again as what it holds, since what is sent may be there already, and is counted when it is whole. `from`: a
   * client who sends it, or the engine itself, which makes it of what a host has.
   */
  async append(
    upload: Upload,
    body: Readable,
    signal: AbortSignal,
    from: 'client' | 'engine' = 'client',
  ): Promise<void> {
    const namespace = namespaceOf(upload.repository);
    const most = this.#quota.of(namespace);
    const before = upload.size;
    let added = 0;
    let lookAt = 0;
    const admit = async (bytes: number): Promise<void> => {
      await (from === 'client' ? this.#pace.take(namespace, bytes, signal) : this.#pace.turn(namespace, bytes));
      if (added >= lookAt) {
        this.#checkFree();
        lookAt = added + freeCheckBytes;
      }
      added += bytes;
      this.#count(upload, bytes);
      if ((this.#bytes.get(namespace) ?? 0) > most) throw this.#quota.refusal(namespace);
    };
    try {
      await upload.append(body, admit, signal);
    } finally {
      // What was told and is not in the file counts no more.
      this.#count(upload, upload.size - before - added);
      this.#database.run('UPDATE upload SET used = ? WHERE id = ?', Date.now(), upload.id);
    }
  }

  #checkFree(): void {
    if (freeBytesOf(this.#directory) < leastFreeBytes)
      throw new EngineError('noSpace', 'no space left on the disk; remove what is not needed and try again');
  }

  /** Forgets it, and removes its file where it is there still. In a transaction with what became of it. Idempotent. */
  remove(upload: Upload): void {
    if (!this.#open.delete(upload.id)) return;
    this.#count(upload, -(this.#counted.get(upload) ?? 0));
    this.#counted.delete(upload);
    this.#database.run('DELETE FROM upload WHERE id = ?', upload.id);
    rmSync(upload.path, { force: true });
  }

  /** Removes those to such repositories, and ends what sends to them. In a transaction. */
  removeOf(isOne: (repository: string) => boolean): void {
    for (const upload of [...this.#open.values()]) {
      if (!isOne(upload.repository)) continue;
      this.remove(upload);
      upload.end(new Refusal('BLOB_UPLOAD_UNKNOWN', { detail: { uploadId: upload.id } }));
    }
  }

  /** Removes those that nobody has touched for long; on a slow line one request takes as long as it takes. */
  removeIdle(now: number): number {
    const idle = this.#database
      .all('SELECT id FROM upload WHERE used < ?', now - maxUploadIdleMs)
      .flatMap(({ id }) => this.#open.get(String(id)) ?? [])
      .filter(({ isBusy }) => !isBusy);
    for (const upload of idle) this.remove(upload);
    return idle.length;
  }

  /** The repositories that something is being sent to. */
  repositories(): Set<string> {
    return new Set([...this.#open.values()].map(({ repository }) => repository));
  }

  get size(): number {
    return this.#open.size;
  }
}
