// An image of the cache: a directory in the OCI image layout (image-spec image-layout.md), one image in each.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { canonical, familiarName, parseReference } from '../images/reference.ts';
import { maxManifestBytes } from '../limits.ts';
import { Blobs } from '../store/blobs.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const refName = 'org.opencontainers.image.ref.name';
/** The whole name, as containerd and Docker write it. */
const wholeName = 'io.containerd.image.name';
const versionNote = 'org.opencontainers.image.version';

const descriptor = z.object({ mediaType: z.string(), digest: z.string(), size: z.int().nonnegative() });
const indexSchema = z.object({
  manifests: z.array(descriptor.extend({ annotations: z.record(z.string(), z.string()) })).min(1),
});
const manifestSchema = z.object({ config: descriptor, layers: z.array(descriptor) });
const configSchema = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) });

/** A layer of a catalogue image, compressed, as it would be pulled. */
export interface CatalogueLayer {
  readonly mediaType: string;
  readonly digest: string;
  readonly diffId: string;
  readonly size: number;
  /** Where the blob is. Owned by root, never changed. */
  readonly blob: string;
}

/** An image of the catalogue that is built. */
export interface CatalogueEntry {
  readonly name: string;
  readonly tags: readonly string[];
  /** What it is pulled by, where the layout says so: that of an image that was imported. */
  readonly repository: string | null;
  /** What tags of the images on it are made of; null where it has none. */
  readonly version: string | null;
  readonly manifestDigest: string;
  /** The manifest, byte for byte as hashed. */
  readonly manifest: string;
  /** The configuration's digest: what Docker calls the image's ID. */
  readonly imageId: string;
  /** The configuration, byte for byte as hashed. */
  readonly configuration: string;
  readonly layers: readonly CatalogueLayer[];
  /** Of all blobs. */
  readonly sizeBytes: number;
}

/** A finished image's parts, for `writeLayout`. The layers' blobs are in the layout already. */
export interface ImageParts {
  readonly tags: readonly string[];
  /** Left out where the recipe knows it. */
  readonly repository?: string;
  readonly version: string | null;
  readonly configuration: object | string;
  readonly layers: readonly { readonly mediaType: string; readonly digest: string; readonly size: number }[];
}

/** Completes the layout in `directory`; `index.json` comes last, and a directory without it is no image. */
export function writeLayout(directory: string, image: ImageParts): void {
  const blobs = new Blobs(`${directory}/blobs`);
  const { configuration, tags, repository, version } = image;
  const config = blobs.putDocument(typeof configuration === 'string' ? configuration : JSON.stringify(configuration));
  const manifest = blobs.putDocument(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: configType, ...config },
      layers: image.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    }),
  );
  const manifests = tags.map((tag) => ({
    mediaType: manifestType,
    ...manifest,
    annotations: {
      [refName]: tag,
      ...(repository !== undefined && { [wholeName]: canonical(parseReference(`${repository}:${tag}`)) }),
      ...(version !== null && { [versionNote]: version }),
    },
  }));
  writeFileSync(`${directory}/oci-layout`, JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const index = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
  writeFileSync(`${directory}/index.json.new`, index, { flush: true });
  renameSync(`${directory}/index.json.new`, `${directory}/index.json`);
}

/** Gives an image other tags. */
export function retagLayout(directory: string, entry: CatalogueEntry, tags: readonly string[]): void {
  const { repository, version, configuration, layers } = entry;
  writeLayout(directory, { tags, version, configuration, layers, ...(repository !== null && { repository }) });
}

/** The image in `directory`, its documents verified, or null where there is none. Throws dataLoss where it is damaged. */
export function readLayout(directory: string, name: string): CatalogueEntry | null {
  if (!existsSync(`${directory}/index.json`)) return null;
  const blobs = new Blobs(`${directory}/blobs`);
  try {
    const index = indexSchema.parse(JSON.parse(readFileSync(`${directory}/index.json`, 'utf8')));
    const [first] = index.manifests;
    if (!first) throw new EngineError('dataLoss', 'its index names no image');
    const named = first.annotations[wholeName];
    const text = blobs.read(first.digest, maxManifestBytes).toString('utf8');
    const manifest = manifestSchema.parse(JSON.parse(text));
    const configuration = blobs.read(manifest.config.digest, maxManifestBytes).toString('utf8');
    const diffIds = configSchema.parse(JSON.parse(configuration)).rootfs.diff_ids;
    const layers = manifest.layers.map((layer, i): CatalogueLayer => {
      const diffId = diffIds[i];
      if (diffId === undefined || diffIds.length !== manifest.layers.length) {
        throw new EngineError('dataLoss', 'its configuration and manifest differ in the number of layers');
      }
      if (!blobs.has(layer.digest) || blobs.size(layer.digest) !== layer.size) {
        throw new EngineError('dataLoss', `its layer ${layer.digest} is not whole`);
      }
      return { ...layer, diffId, blob: blobs.path(layer.digest) };
    });
    return {
      name,
      tags: index.manifests.map((one) => one.annotations[refName] ?? 'latest'),
      repository: named === undefined ? null : familiarName(parseReference(named)),
      version: first.annotations[versionNote] ?? null,
      manifestDigest: first.digest,
      manifest: text,
      imageId: manifest.config.digest,
      configuration,
      layers,
      sizeBytes: layers.reduce((sum, layer) => sum + layer.size, manifest.config.size + first.size),
    };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new EngineError('dataLoss', `image in ${directory}: ${what}`, { cause: error });
  }
}
