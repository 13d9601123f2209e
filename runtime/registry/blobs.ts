// What a repository's blobs are for those who push, pull and delete: found, sent whole, taken from another repository, deleted.

import { rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { EngineError } from '../errors.ts';
import { blobGraceMs } from '../limits.ts';
import type { Audit } from './audit.ts';
import type { BlobFiles } from './blob-files.ts';
import type { BlobIndex, StoredBlob } from './blob-index.ts';
import type { Database } from './database.ts';
import { algorithmOf, namespaceOf } from './names.ts';
import type { Quota } from './quota.ts';
import { Refusal } from './refusal.ts';
import type { Repositories } from './repositories.ts';
import type { Upload } from './upload.ts';
import type { Uploads } from './uploads.ts';

/** How often it is written down that somebody means to refer to a blob. */
const freshMs = blobGraceMs / 10;

export interface BlobParts {
  readonly database: Database;
  readonly repositories: Repositories;
  readonly index: BlobIndex;
  readonly files: BlobFiles;
  readonly uploads: Uploads;
  readonly quota: Quota;
  readonly audit: Audit;
}

/** Who sends a blob, for the audit, and what they may pull: what they may not must not be told by how long it takes (B04). */
export interface Sender {
  readonly who: string | null;
  readonly mayPull: (repository: string) => boolean;
}

export class RepositoryBlobs {
  readonly #parts: BlobParts;

  constructor(parts: BlobParts) {
    this.#parts = parts;
  }

  /** Throws BLOB_UNKNOWN, also where another repository has it. */
  need(repository: string, digest: string): StoredBlob {
    const id = this.#parts.repositories.find(repository);
    const blob = id === null ? null : this.#parts.index.find(id, digest);
    if (blob) return blob;
    throw new Refusal('BLOB_UNKNOWN', { detail: { digest } });
  }

  /**
   * The same for whoever may push: a blob that was found will be there for the manifest that is about to refer to it. One whose file
   * was lost is unknown to them, so that they send it again.
   */
  needToPush(repository: string, digest: string): StoredBlob {
    const { database, repositories, index, files } = this.#parts;
    const blob = this.need(repository, digest);
    if (!files.has(blob.sha256)) throw new Refusal('BLOB_UNKNOWN', { detail: { digest } });
    database.transaction(() => index.touch(repositories.need(repository), blob.id, freshMs));
    return blob;
  }

  /** Throws BLOB_UNKNOWN where it has just gone. */
  async open({ sha256 }: StoredBlob): Promise<FileHandle> {
    try {
      return await this.#parts.files.open(sha256);
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'notFound') throw error;
      throw new Refusal('BLOB_UNKNOWN', { detail: { digest: sha256 }, cause: error });
    }
  }

  /** Where the content is. It may be linked to, or read at once; a later collection may remove it. */
  path({ sha256 }: StoredBlob): string {
    return this.#parts.files.path(sha256);
  }

  /**
   * Makes a blob of all that `body` holds, whose digest is `digest` where that is known. With a `signal` it is the engine that makes it,
   * and no client that sends it. On the disk when it resolves; nothing of it stays where this throws: as `finish`, and what `Uploads`
   * throws.
   */
  async take(
    { repository, digest, ...sender }: Sender & { readonly repository: string; readonly digest: string | null },
    body: Readable,
    signal?: AbortSignal,
  ): Promise<Omit<StoredBlob, 'id'>> {
    const { database, uploads } = this.#parts;
    const { id } = uploads.begin(repository, algorithmOf(digest ?? ''));
    return await uploads.alone(repository, id, async (upload, own) => {
      const ended = signal ? AbortSignal.any([own, signal]) : own;
      try {
        await uploads.append(upload, body, ended, signal ? 'engine' : 'client');
        return await this.finish(upload, digest ?? (await upload.sha256(ended)), sender, ended);
      } catch (error) {
        // Nobody knows its name to go on with it.
        database.transaction(() => uploads.remove(upload));
        throw error;
      }
    });
  }

  /**
   * Makes a blob of an upload that is whole. On the disk when it resolves. Throws DIGEST_INVALID where it has another digest, DENIED
   * where its namespace would hold more than it may; the upload is gone then too, but stays where `signal` ends this.
   */
  async finish(
    upload: Upload,
    digest: string,
    { who, mayPull }: Sender,
    signal: AbortSignal,
  ): Promise<Omit<StoredBlob, 'id'>> {
    const { database, uploads, files } = this.#parts;
    try {
      const found = await upload.digests(algorithmOf(digest), signal);
      if (found.get(algorithmOf(digest)) !== digest)
        throw new Refusal('DIGEST_INVALID', { detail: { digest, found: found.get(algorithmOf(digest)) } });
      const given = { sha256: found.get('sha256') ?? '', size: upload.size };
      const commit = (): void => database.transaction(() => this.#commit(upload, given, digest, who));
      if (this.#source(given.sha256, mayPull) === null) await files.place(upload.path, given.sha256, commit);
      else commit();
      await database.durable();
      return given;
    } catch (error) {
      if (!signal.aborted) database.transaction(() => uploads.remove(upload));
      throw error;
    }
  }

  /** A repository that has the blob, with its file, and that `mayPull` says yes to; null where there is none. */
  #source(digest: string, mayPull: (name: string) => boolean): string | null {
    const { index, files } = this.#parts;
    const blob = index.anywhere(digest);
    if (!blob || !files.has(blob.sha256)) return null;
    return index.holders(digest).find((name) => mayPull(name)) ?? null;
  }

  /**
   * Gives the repository a blob whose content and digest the caller answers for: `makeFile` fills the new file that it is told. On the
   * disk when it resolves. Throws DENIED where the namespace would hold more than it may.
   */
  async give(
    repository: string,
    given: Omit<StoredBlob, 'id'>,
    who: string | null,
    makeFile: (path: string) => Promise<void>,
    action: 'push-blob' | 'fetch' = 'push-blob',
  ): Promise<void> {
    const { database, repositories, index, files, quota, audit } = this.#parts;
    const commit = (): void =>
      database.transaction(() => {
        const { sha256: digest, size: bytes } = index.add(repositories.ensure(repository), given, given.sha256);
        quota.check(namespaceOf(repository));
        audit.tell({ action, who, repository, reference: null, digest, bytes });
      });
    using file = this.#newFile();
    await makeFile(file.path);
    await files.place(file.path, given.sha256, commit);
    await database.durable();
  }

  /** A new file's name, on the file system of the blobs. The file goes with it, and with the process. */
  #newFile(): Disposable & { readonly path: string } {
    const path = this.#parts.files.temporary();
    return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) };
  }

  /** Whether the repository has the blob, as `needToPush`. */
  has(repository: string, digest: string): boolean {
    const { repositories, index, files } = this.#parts;
    const id = repositories.find(repository);
    const blob = id === null ? null : index.find(id, digest);
    return blob !== null && files.has(blob.sha256);
  }

  #commit(upload: Upload, given: Omit<StoredBlob, 'id'>, digest: string, who: string | null): void {
    const { repositories, uploads, index, quota, audit } = this.#parts;
    const { repository, id } = upload;
    // Its namespace may have gone while the disk was waited for.
    uploads.need(repository, id);
    index.add(repositories.ensure(repository), given, digest);
    quota.check(namespaceOf(repository));
    audit.tell({ action: 'push-blob', who, repository, reference: null, digest, bytes: given.size });
    uploads.remove(upload);
  }

  /**
   * Gives `repository` a blob of the repository `from`, or of any that `mayPull` says yes to. Null where none of them has it. On the
   * disk when it resolves.
   */
  async mount(
    repository: string,
    digest: string,
    from: string | null,
    who: string | null,
    mayPull: (name: string) => boolean,
  ): Promise<StoredBlob | null> {
    const { database, index, repositories, quota, audit } = this.#parts;
    const isSource = from !== null && mayPull(from) && this.has(from, digest);
    const source = from === null ? this.#source(digest, mayPull) : isSource ? from : null;
    const blob = source === null ? null : index.anywhere(digest);
    if (!blob) return null;
    database.transaction(() => {
      index.link(repositories.ensure(repository), blob.id, digest);
      quota.check(namespaceOf(repository));
      audit.tell({ action: 'mount-blob', who, repository, reference: source, digest, bytes: blob.size });
    });
    await database.durable();
    return blob;
  }

  /** Throws BLOB_UNKNOWN. Gone at once; a manifest that names it is then without it, until it is sent again. */
  async remove(repository: string, digest: string, who: string | null): Promise<void> {
    const { database, index, repositories, audit } = this.#parts;
    const blob = this.need(repository, digest);
    database.transaction(() => {
      index.withdraw(repositories.need(repository), blob.id, digest);
      audit.tell({ action: 'delete-blob', who, repository, reference: null, digest, bytes: blob.size });
    });
    await database.durable();
  }
}
