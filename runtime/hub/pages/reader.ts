// Reads what a repository's manifests and configurations say, for the pages. What is too large, or is not there, is not read.

import type { HubContents } from '../../client-hub-pages.ts';
import { EngineError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { maxInlineConfigurationBytes, maxSeenManifests, maxShownManifestBytes } from '../../limits.ts';
import type { StoredBlob } from '../../registry/blob-index.ts';
import type { Row } from '../../registry/database.ts';
import { Refusal } from '../../registry/refusal.ts';
import type { Registry } from '../../registry/registry.ts';
import { type ImageConfig, platformOf, type ReadManifest, readConfig, readManifest } from './contents.ts';

export class Reader {
  readonly #registry: Registry;
  /** By digest: a digest says all of what it stands for, in whichever repository. Indexes are not among them. */
  readonly #seen = new Map<string, HubContents>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Null where it is too large, or says nothing that can be read. Throws Refusal where it is not there. */
  manifest(repository: string, digest: string): ReadManifest | null {
    const { size, mediaType } = this.#registry.manifests.need(repository, digest);
    if (size > maxShownManifestBytes) return null;
    const document = parsed(this.#registry.manifests.body(repository, digest));
    return document === null ? null : readManifest(document, mediaType);
  }

  /** Null where it is not there, or too large. */
  async config(repository: string, digest: string): Promise<ImageConfig | null> {
    const blob = this.#blob(repository, digest);
    if (!blob || blob.size > maxInlineConfigurationBytes) return null;
    const bytes = await this.#read(blob);
    const document = bytes === null ? null : parsed(bytes);
    return document === null ? null : readConfig(document);
  }

  async #read(blob: StoredBlob): Promise<Buffer | null> {
    try {
      await using file = await this.#registry.blobs.open(blob);
      const bytes = Buffer.alloc(blob.size);
      const { bytesRead } = await file.read(bytes, 0, blob.size, 0);
      return bytesRead === blob.size ? bytes : null;
    } catch (error) {
      if (error instanceof Refusal) return null;
      throw error;
    }
  }

  #blob(repository: string, digest: string): StoredBlob | null {
    return this.#registry.blobs.has(repository, digest) ? this.#registry.blobs.need(repository, digest) : null;
  }

  /** As `manifest`. */
  async contents(repository: string, digest: string): Promise<HubContents | null> {
    const known = this.#seen.get(digest);
    if (known) return known;
    const { mediaType } = this.#registry.manifests.need(repository, digest);
    const manifest = this.manifest(repository, digest);
    if (!manifest) return null;
    const { kind, config, bytes, children } = manifest;
    const common = { digest, mediaType, kind };
    if (kind === 'index') {
      const platforms = children.flatMap(({ isAttestation, platform }) => (isAttestation ? [] : (platform ?? [])));
      return { ...common, bytes: this.indexBytes(repository, digest), platforms };
    }
    const image = config === null ? null : await this.config(repository, config);
    const contents = { ...common, bytes, platforms: image ? [platformOf(image)] : [] };
    // A configuration that is not there now may come again.
    if (kind === 'artifact' || image) this.#remember(contents);
    return contents;
  }

  #remember(contents: HubContents): void {
    this.#seen.set(contents.digest, contents);
    const [oldest] = this.#seen.keys();
    if (oldest !== undefined && this.#seen.size > maxSeenManifests) this.#seen.delete(oldest);
  }

  /** Whether the repository has the manifest. */
  has(repository: string, digest: string): boolean {
    const { database, repositories } = this.#registry;
    const id = repositories.find(repository);
    return (
      id !== null &&
      database.get('SELECT 1 FROM manifest WHERE repository = ? AND digest = ?', id, digest) !== undefined
    );
  }

  /** Of the blobs of an image that its repository has, each once; null where they are too many. */
  imageBytes(repository: string, digest: string): number | null {
    const { database } = this.#registry;
    const id = this.#registry.repositories.need(repository);
    return this.#sum(
      database.all(`${blobsOf} WHERE need.repository = ? AND need.manifest = ? LIMIT ?`, ...[id, digest, mostRows]),
    );
  }

  /** Of the blobs of all images of an index, each once; null where they are too many. */
  indexBytes(repository: string, digest: string): number | null {
    const rows = this.#registry.database.all(
      `${blobsOf} JOIN need AS child ON child.repository = need.repository AND child.digest = need.manifest
         WHERE child.repository = ? AND child.manifest = ? LIMIT ?`,
      ...[this.#registry.repositories.need(repository), digest, mostRows],
    );
    return this.#sum(rows);
  }

  #sum(rows: readonly Row[]): number | null {
    if (rows.length === mostRows) return null;
    return [...new Map(rows.map(({ id, size }) => [id, Number(size)])).values()].reduce((sum, size) => sum + size, 0);
  }
}

/** A manifest names 1000 blobs at most, and an index 1000 manifests: a million rows would hold the loop for a second. */
const mostRows = 2_000;
/** Of what a manifest names, the blobs that its own repository has: that another one has them is nobody's to learn (B04). */
const blobsOf = `SELECT blob.id, blob.size FROM need JOIN address ON address.digest = need.digest
  JOIN blob ON blob.id = address.blob JOIN link ON link.repository = need.repository AND link.blob = blob.id`;

/** Null for what is no JSON, or more of it than anybody needs. */
function parsed(bytes: Buffer): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}
