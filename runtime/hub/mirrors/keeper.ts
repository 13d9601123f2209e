// What was fetched from other registries, in the tables: which tag was looked at when, how large a blob is, and what goes where there is
// no room: what nobody has used for the longest.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { EngineError } from '../../errors.ts';
import { freeBytesOf } from '../../kernel/free-space.ts';
import { keptUseMs, leastFreeBytes, maxRepositoriesPerNamespace } from '../../limits.ts';
import { parseDocument } from '../../registry/document.ts';
import { namespaceOf } from '../../registry/names.ts';
import { Refusal } from '../../registry/refusal.ts';
import type { Registry } from '../../registry/registry.ts';

export interface Coming {
  readonly digest: string;
  readonly bytes: number;
  /** What it names, and comes after it. */
  readonly later?: number;
}

export interface KnownTag {
  readonly digest: string;
  /** When the registry was last asked for it: milliseconds since 1970. */
  readonly askedAt: number;
}

/** The blobs that a document names, together; of an index none. Throws MANIFEST_INVALID. */
export function blobBytes(body: Buffer, contentType: string): number {
  const { needs } = parseDocument(body, contentType);
  const sizes = new Map(needs.filter(({ before }) => before === 'blob').map(({ digest, size }) => [digest, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

export class Keeper {
  readonly #registry: Registry;
  /** On the file system of the blobs. */
  readonly #directory: string;
  /** Bytes that room was made for, and that are not here yet, by namespace. */
  readonly #coming = new Map<string, number>();

  constructor(registry: Registry, directory: string) {
    this.#registry = registry;
    this.#directory = directory;
  }

  tag(repository: string, name: string): KnownTag | null {
    const { database } = this.#registry;
    const row = database.get(
      'SELECT digest, moved FROM tag WHERE repository = (SELECT id FROM repository WHERE name = ?) AND name = ?',
      ...[repository, name],
    );
    return row ? { digest: String(row.digest), askedAt: Number(row.moved) } : null;
  }

  /** The registry has said that the tag is still what it was. */
  confirm(repository: string, name: string): void {
    this.#registry.database.run(
      'UPDATE tag SET moved = ? WHERE repository = (SELECT id FROM repository WHERE name = ?) AND name = ?',
      ...[Date.now(), repository, name],
    );
  }

  /** The registry has it no more. */
  forget(repository: string, name: string): void {
    this.#registry.database.run(
      'DELETE FROM tag WHERE repository = (SELECT id FROM repository WHERE name = ?) AND name = ?',
      ...[repository, name],
    );
  }

  /** Whether the manifest is here; it counts as used then. */
  use(repository: string, digest: string): boolean {
    const { database, repositories } = this.#registry;
    const id = repositories.find(repository);
    const row =
      id === null ? null : database.get('SELECT used FROM kept WHERE repository = ? AND digest = ?', id, digest);
    if (!row) return false;
    const now = Date.now();
    if (Number(row.used) < now - keptUseMs)
      database.run('UPDATE kept SET used = ? WHERE repository = ? AND digest = ?', now, id, digest);
    return true;
  }

  /** Of a blob that some manifest of the repository names, which counts as used then; null where none does. */
  sizeOf(repository: string, digest: string): number | null {
    const { database } = this.#registry;
    const row = database.get(
      `SELECT body, media_type, manifest.digest FROM need JOIN manifest ON manifest.repository = need.repository AND manifest.digest = need.manifest
         WHERE need.repository = (SELECT id FROM repository WHERE name = ?) AND need.digest = ? LIMIT 1`,
      ...[repository, digest],
    );
    if (!(row?.body instanceof Uint8Array)) return null;
    this.use(repository, String(row.digest));
    const { needs } = parseDocument(Buffer.from(row.body), String(row.media_type));
    return needs.find((need) => need.digest === digest && need.before === 'blob')?.size ?? null;
  }

  /**
   * Makes room for something, until the answer is disposed of: what comes at the same time has its own. `later`: what comes after it.
   * Throws DENIED where all of it is more than the namespace may hold, noSpace where the disk is nearly full.
   */
  async makeRoom(repository: string, coming: Coming): Promise<Disposable> {
    const { quota, database, repositories } = this.#registry;
    const { bytes, later = 0 } = coming;
    const namespace = namespaceOf(repository);
    if (bytes + later > quota.of(namespace)) throw quota.refusal(namespace);
    if (freeBytesOf(this.#directory) < leastFreeBytes + bytes)
      throw new EngineError('noSpace', 'no space left on the disk for images of other registries');
    const isFullFor = (more: number): boolean =>
      quota.isFullFor(namespace, more) ||
      (repositories.find(repository) === null &&
        repositories.inNamespace(namespace).length >= maxRepositoriesPerNamespace);
    const all = (): number => this.#coming.get(namespace) ?? 0;
    this.#coming.set(namespace, all() + bytes);
    const room = { [Symbol.dispose]: () => void this.#coming.set(namespace, all() - bytes) };
    let hasRemoved = false;
    try {
      while (isFullFor(all())) {
        if (database.transaction(() => this.#removeOldest(namespace, repository, coming.digest))) hasRemoved = true;
        else if (isFullFor(bytes)) throw quota.refusal(namespace);
        // What comes beside may be here already.
        else break;
        await nextTurn();
      }
      return room;
    } catch (error) {
      room[Symbol.dispose]();
      throw error;
    } finally {
      // The files go with it.
      if (hasRemoved) void this.#registry.collect().catch(() => undefined);
    }
  }

  /** The manifest that nobody has used for the longest, but those that name what comes, with its blobs. False where there is none. */
  #removeOldest(namespace: string, into: string, digest: string): boolean {
    const { database } = this.#registry;
    const row = database.get(
      `SELECT repository, digest FROM kept WHERE repository IN (SELECT id FROM repository WHERE namespace = ?1)
         AND NOT EXISTS (SELECT 1 FROM need WHERE need.repository = kept.repository AND need.manifest = kept.digest AND need.digest = ?3
           AND need.repository = (SELECT id FROM repository WHERE name = ?2))
         ORDER BY used, digest LIMIT 1`,
      ...[namespace, into, digest],
    );
    if (!row) return false;
    const repository = Number(row.repository);
    database.run('DELETE FROM manifest WHERE repository = ? AND digest = ?', repository, String(row.digest));
    database.run(
      `DELETE FROM link WHERE repository = ?1 AND blob NOT IN
         (SELECT address.blob FROM need JOIN address ON address.digest = need.digest WHERE need.repository = ?1)`,
      repository,
    );
    database.run(
      `DELETE FROM repository WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM link WHERE repository = ?1)
         AND NOT EXISTS (SELECT 1 FROM manifest WHERE repository = ?1)`,
      repository,
    );
    return true;
  }

  /** A disk that is full is told as the registry tells it. */
  static asRefusal(error: unknown): unknown {
    return error instanceof EngineError && error.kind === 'noSpace'
      ? new Refusal('DENIED', { message: error.message, cause: error })
      : error;
  }
}
