// The manifests and indexes of repositories, kept as they came, their tags, and what refers to them.

import { createHash } from 'node:crypto';
import { blobGraceMs, maxStoredManifestsPerRepository, maxTagsPerRepository, namedBlobGraceMs } from '../limits.ts';
import type { Audit } from './audit.ts';
import type { BlobIndex } from './blob-index.ts';
import type { Database, Row } from './database.ts';
import { type Document, type Need, parseDocument } from './document.ts';
import { algorithmOf, checkDigest, isTag, namespaceOf } from './names.ts';
import type { Quota } from './quota.ts';
import { Refusal } from './refusal.ts';
import type { Repositories } from './repositories.ts';

export interface ManifestInfo {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly pushed: number;
  readonly pushedBy: string | null;
}

export interface PutManifest {
  readonly repository: string;
  /** A tag, or the digest that it must have. */
  readonly reference: string;
  /** The digest that it must have, and is kept by, where the reference is a tag; null where nobody has said. */
  readonly digest: string | null;
  /** More tags that it is given, all or none. */
  readonly tags: readonly string[];
  readonly contentType: string;
  readonly body: Buffer;
  readonly who: string | null;
}

export interface Put {
  readonly digest: string;
  readonly subject: string | null;
}

export class Manifests {
  readonly #database: Database;
  readonly #repositories: Repositories;
  readonly #index: BlobIndex;
  readonly #quota: Quota;
  readonly #audit: Audit;

  constructor(parts: {
    readonly database: Database;
    readonly repositories: Repositories;
    readonly index: BlobIndex;
    readonly quota: Quota;
    readonly audit: Audit;
  }) {
    this.#database = parts.database;
    this.#repositories = parts.repositories;
    this.#index = parts.index;
    this.#quota = parts.quota;
    this.#audit = parts.audit;
  }

  /** Throws MANIFEST_UNKNOWN, also where there is no such repository, as Docker's registry; DIGEST_INVALID for a bad digest. */
  need(repository: string, reference: string): ManifestInfo {
    const id = this.#repositories.find(repository);
    const digest = this.#digestOf(id, reference);
    const row =
      id === null || digest === null
        ? undefined
        : this.#database.get(
            'SELECT digest, media_type, size, pushed, pushed_by FROM manifest WHERE repository = ? AND digest = ?',
            ...[id, digest],
          );
    if (row) return infoOf(row);
    throw new Refusal('MANIFEST_UNKNOWN', { detail: { name: repository, reference } });
  }

  #digestOf(repository: number | null, reference: string): string | null {
    if (reference.includes(':')) return checkDigest(reference);
    if (repository === null) return null;
    const row = this.#database.get('SELECT digest FROM tag WHERE repository = ? AND name = ?', repository, reference);
    return row ? String(row.digest) : null;
  }

  /** The bytes of one that `need` has found. */
  body(repository: string, digest: string): Buffer {
    const row = this.#database.get(
      'SELECT body FROM manifest WHERE repository = ? AND digest = ?',
      ...[this.#repositories.need(repository), digest],
    );
    if (row?.body instanceof Uint8Array) return Buffer.from(row.body.buffer, row.body.byteOffset, row.body.byteLength);
    throw new Refusal('MANIFEST_UNKNOWN', { detail: { reference: digest } });
  }

  /**
   * Keeps a manifest and moves its tags to it, all or nothing. On the disk when it resolves. Throws MANIFEST_INVALID, DIGEST_INVALID,
   * TAG_INVALID, MANIFEST_BLOB_UNKNOWN, DENIED.
   */
  async put(given: PutManifest): Promise<Put> {
    const { repository, reference, body } = given;
    const isByDigest = reference.includes(':');
    const wanted = isByDigest ? reference : given.digest;
    const digest = digestOf(body, wanted === null ? 'sha256:' : checkDigest(wanted));
    if (wanted !== null && digest !== wanted)
      throw new Refusal('DIGEST_INVALID', { detail: { digest: wanted, found: digest } });
    const tags = [...new Set([...(isByDigest ? [] : [reference]), ...given.tags])];
    for (const tag of tags) if (!isTag(tag)) throw new Refusal('TAG_INVALID', { detail: { tag: tag.slice(0, 200) } });
    const document = parseDocument(body, given.contentType);
    this.#database.transaction(() => {
      const id = this.#repositories.ensure(repository);
      for (const need of document.needs) this.#checkNeed(id, need);
      this.store(id, digest, document, given);
      this.#releaseBlobs(id, digest);
      for (const tag of tags) this.#moveTag(id, tag, digest, given.who);
      this.#quota.check(namespaceOf(repository));
      for (const tag of tags.length > 0 ? tags : [null])
        this.#audit.tell({ action: 'push', who: given.who, repository, reference: tag, digest, bytes: body.length });
    });
    await this.#database.durable();
    return { digest, subject: document.subject };
  }

  /**
   * Keeps what another registry has, whose blobs and children are not here yet. `tag`: that it has there; null where it was asked for by
   * its digest. On the disk when it resolves. Throws MANIFEST_INVALID, DENIED.
   */
  async keep(given: {
    readonly repository: string;
    readonly tag: string | null;
    readonly contentType: string;
    readonly body: Buffer;
  }): Promise<string> {
    const { repository, tag, contentType, body } = given;
    const digest = digestOf(body, 'sha256:');
    const document = parseDocument(body, contentType);
    this.#database.transaction(() => {
      const id = this.#repositories.ensure(repository);
      this.store(id, digest, document, { body, who: null });
      this.#database.run(
        'INSERT INTO kept (repository, digest, used) VALUES (?, ?, ?) ON CONFLICT (repository, digest) DO UPDATE SET used = excluded.used',
        ...[id, digest, Date.now()],
      );
      // Nobody's namespace says so.
      this.#database.run("UPDATE repository SET visibility = 'public' WHERE id = ?", id);
      if (tag !== null) this.#moveTag(id, tag, digest, null);
      this.#quota.check(namespaceOf(repository));
      this.#audit.tell({ action: 'fetch', who: null, repository, reference: tag, digest, bytes: body.length });
    });
    await this.#database.durable();
    return digest;
  }

  #checkNeed(repository: number, { digest, size, before }: Need): void {
    if (before === 'nothing') return;
    const there = before === 'blob' ? this.#index.find(repository, digest) : this.#find(repository, digest);
    if (!there) throw new Refusal('MANIFEST_BLOB_UNKNOWN', { detail: { digest } });
    if (there.size !== size)
      throw new Refusal('MANIFEST_INVALID', {
        message: `manifest invalid: ${digest} has ${there.size} bytes, not ${size}`,
        detail: { digest, size: there.size },
      });
  }

  #find(repository: number, digest: string): { size: number } | null {
    const row = this.#database.get('SELECT size FROM manifest WHERE repository = ? AND digest = ?', repository, digest);
    return row ? { size: Number(row.size) } : null;
  }

  /** In a transaction. Looks at no quota, nor whether what it names is there. Throws DENIED where the repository has as many as it may. */
  store(
    repository: number,
    digest: string,
    document: Document,
    { body, who }: Pick<PutManifest, 'body' | 'who'>,
  ): void {
    const now = Date.now();
    if (this.#find(repository, digest)) {
      this.#database.run(
        'UPDATE manifest SET pushed = ?, pushed_by = ? WHERE repository = ? AND digest = ?',
        ...[now, who, repository, digest],
      );
      return;
    }
    this.#checkMany('manifest', repository, maxStoredManifestsPerRepository);
    const { mediaType, subject, artifactType, annotations } = document;
    this.#database.run(
      `INSERT INTO manifest (repository, digest, media_type, size, subject, artifact_type, pushed, pushed_by, annotations, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[repository, digest, mediaType, body.length, subject, artifactType, now, who],
      ...[subject === null || annotations === null ? null : JSON.stringify(annotations), body],
    );
    for (const need of new Set(document.needs.map((one) => one.digest)))
      this.#database.run('INSERT INTO need (repository, digest, manifest) VALUES (?, ?, ?)', repository, need, digest);
  }

  #moveTag(repository: number, name: string, digest: string, who: string | null): void {
    const there = this.#database.get('SELECT 1 FROM tag WHERE repository = ? AND name = ?', repository, name);
    if (!there) this.#checkMany('tag', repository, maxTagsPerRepository);
    this.#database.run(
      `INSERT INTO tag (repository, name, digest, moved, moved_by) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest, moved = excluded.moved, moved_by = excluded.moved_by`,
      ...[repository, name, digest, Date.now(), who],
    );
  }

  #checkMany(what: 'manifest' | 'tag', repository: number, most: number): void {
    const row = this.#database.get(`SELECT count(*) AS many FROM ${what} WHERE repository = ?`, repository);
    if (Number(row?.many) >= most)
      throw new Refusal('DENIED', {
        message: `the repository has ${most} ${what}s, as many as it may; delete some and try again`,
      });
  }

  /** Deletes a tag, or a manifest with all its tags: gone for everybody when it resolves. Throws as `need`. */
  async remove(repository: string, reference: string, who: string | null): Promise<void> {
    const { digest, size } = this.need(repository, reference);
    const id = this.#repositories.need(repository);
    const tag = reference.includes(':') ? null : reference;
    this.#database.transaction(() => {
      if (tag === null) this.#database.run('DELETE FROM manifest WHERE repository = ? AND digest = ?', id, digest);
      else this.#database.run('DELETE FROM tag WHERE repository = ? AND name = ?', id, tag);
      this.#audit.tell({ action: 'delete', who, repository, reference: tag, digest, bytes: size });
    });
    await this.#database.durable();
  }

  /** Its blobs are not kept for the push that has named them any more, but for that of another that has been told that they are there. */
  #releaseBlobs(repository: number, digest: string): void {
    this.#database.run(
      `UPDATE link SET used = ?1 WHERE repository = ?2 AND used > ?1 AND blob IN (SELECT blob FROM need
         JOIN address ON address.digest = need.digest WHERE repository = ?2 AND manifest = ?3)`,
      ...[Date.now() - blobGraceMs + namedBlobGraceMs, repository, digest],
    );
  }

  /** Names of tags after `last`, in order (distribution-spec: case does not count). Throws NAME_UNKNOWN. */
  *tagsAfter(repository: string, last: string): Generator<string> {
    const rows = this.#database.each(
      `SELECT name FROM tag WHERE repository = ?1 AND (name COLLATE NOCASE > ?2 OR (name COLLATE NOCASE = ?2 AND name > ?2))
         ORDER BY name COLLATE NOCASE, name`,
      ...[this.#repositories.need(repository), last],
    );
    for (const { name } of rows) yield String(name);
  }
}

/** By the algorithm of `like`. */
function digestOf(body: Buffer, like: string): string {
  const algorithm = algorithmOf(like);
  return `${algorithm}:${createHash(algorithm).update(body).digest('hex')}`;
}

function infoOf(row: Row): ManifestInfo {
  return {
    digest: String(row.digest),
    mediaType: String(row.media_type),
    size: Number(row.size),
    pushed: Number(row.pushed),
    pushedBy: typeof row.pushed_by === 'string' ? row.pushed_by : null,
  };
}
