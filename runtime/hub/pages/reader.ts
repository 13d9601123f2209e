// Reads what a repository's manifests and configurations say, for the pages. What is too large, or is not there, is not read.

import type { HubContents } from '../../client-hub-pages.ts';
import { EngineError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { maxInlineConfigurationBytes, maxSeenManifests, maxShownManifestBytes } from '../../limits.ts';
import type { StoredBlob } from '../../registry/blob-index.ts';
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

  /** Of the blobs of an image, each once; null where it is not in the repository. */
  imageBytes(repository: string, digest: string): number | null {
    const row = this.#registry.database.get(
      `SELECT (SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT blob.id, blob.size FROM need
           JOIN address ON address.digest = need.digest JOIN blob ON blob.id = address.blob
           WHERE need.repository = manifest.repository AND need.manifest = manifest.digest)) AS bytes
         FROM manifest JOIN repository ON repository.id = manifest.repository WHERE repository.name = ? AND digest = ?`,
      ...[repository, digest],
    );
    return row ? Number(row.bytes) : null;
  }

  /** Of the blobs of all images of an index, each once. */
  indexBytes(repository: string, digest: string): number {
    const row = this.#registry.database.get(
      `SELECT coalesce(sum(size), 0) AS bytes FROM (SELECT DISTINCT blob.id, blob.size FROM need AS child
         JOIN need AS part ON part.repository = child.repository AND part.manifest = child.digest
         JOIN address ON address.digest = part.digest JOIN blob ON blob.id = address.blob
         WHERE child.repository = ? AND child.manifest = ?)`,
      ...[this.#registry.repositories.need(repository), digest],
    );
    return Number(row?.bytes ?? 0);
  }
}

/** Null for what is no JSON, or more of it than anybody needs. */
function parsed(bytes: Buffer): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}
