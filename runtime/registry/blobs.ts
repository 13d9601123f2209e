// What a repository's blobs are for those who push, pull and delete: found, sent whole, taken from another repository, deleted.

import { rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
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

  /** The same for whoever may push: a blob that was found will be there for the manifest that is about to refer to it. */
  needToPush(repository: string, digest: string): StoredBlob {
    const { database, repositories, index } = this.#parts;
    const blob = this.need(repository, digest);
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
   * Makes a blob of an upload that is whole. On the disk when it resolves. Throws DIGEST_INVALID where it has another digest, DENIED
   * where its namespace would hold more than it may; the upload is gone then too, but stays where `signal` ends this.
   */
  async finish(upload: Upload, digest: string, who: string | null, signal: AbortSignal): Promise<StoredBlob> {
    const { database, uploads, index, files } = this.#parts;
    try {
      const found = await upload.digests(algorithmOf(digest), signal);
      if (found.get(algorithmOf(digest)) !== digest)
        throw new Refusal('DIGEST_INVALID', { detail: { digest, found: found.get(algorithmOf(digest)) } });
      const sha256 = found.get('sha256') ?? '';
      const { size } = upload;
      let blob: StoredBlob | null = null;
      const commit = (): void => {
        blob = database.transaction(() => this.#commit(upload, { sha256, size }, digest, who));
      };
      // A file that was lost comes back with the next push.
      if (index.isKnown(sha256) && files.has(sha256)) commit();
      else await files.place(upload.path, sha256, commit);
      await database.durable();
      return blob ?? this.need(upload.repository, digest);
    } catch (error) {
      if (!signal.aborted) database.transaction(() => uploads.remove(upload));
      throw error;
    }
  }

  /**
   * Gives the repository a blob whose content and digest the caller answers for. `makeFile` is called where the blob is in none: it
   * fills the new file that it is told. On the disk when it resolves. Throws DENIED where the namespace would hold more than it may.
   */
  async give(
    repository: string,
    given: Omit<StoredBlob, 'id'>,
    who: string | null,
    makeFile: (path: string) => Promise<void>,
  ): Promise<void> {
    const { database, repositories, index, files, quota, audit } = this.#parts;
    const commit = (): void =>
      database.transaction(() => {
        const { sha256: digest, size: bytes } = index.add(repositories.ensure(repository), given, given.sha256);
        quota.check(namespaceOf(repository));
        audit.tell({ action: 'push-blob', who, repository, reference: null, digest, bytes });
      });
    if (index.isKnown(given.sha256)) commit();
    else {
      using file = this.newFile();
      await makeFile(file.path);
      await files.place(file.path, given.sha256, commit);
    }
    await database.durable();
  }

  /** A new file's name, on the file system of the blobs. The file goes with it, and with the process. */
  newFile(): Disposable & { readonly path: string } {
    const path = this.#parts.files.temporary();
    return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) };
  }

  /** Whether some repository has the blob, or had it until just now. */
  isAnywhere(sha256: string): boolean {
    return this.#parts.index.isKnown(sha256);
  }

  /** Whether the repository has the blob. */
  has(repository: string, digest: string): boolean {
    const id = this.#parts.repositories.find(repository);
    return id !== null && this.#parts.index.find(id, digest) !== null;
  }

  #commit(upload: Upload, given: Omit<StoredBlob, 'id'>, digest: string, who: string | null): StoredBlob {
    const { repositories, uploads, index, quota, audit } = this.#parts;
    const { repository } = upload;
    const blob = index.add(repositories.ensure(repository), given, digest);
    quota.check(namespaceOf(repository));
    audit.tell({ action: 'push-blob', who, repository, reference: null, digest, bytes: blob.size });
    uploads.remove(upload);
    return blob;
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
    const source = (from === null ? index.holders(digest) : [from]).find(
      (name) => mayPull(name) && this.has(name, digest),
    );
    const blob = source === undefined ? null : index.anywhere(digest);
    if (!blob) return null;
    database.transaction(() => {
      index.link(repositories.ensure(repository), blob.id, digest);
      quota.check(namespaceOf(repository));
      audit.tell({ action: 'mount-blob', who, repository, reference: source ?? null, digest, bytes: blob.size });
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
