// Writes images of the catalogue as one archive, in two forms that share the blobs, as `docker save` does: Docker's own (manifest.json), and
// an OCI layout (index.json). Layers stay compressed.

import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { goArchitecture } from '../images/architecture.ts';
import { canonical, parseReference } from '../images/reference.ts';
import type { CatalogueEntry } from './layout.ts';
import type { Recipe } from './recipe.ts';

/** An image, and what it is made of. */
export interface ExportedImage {
  readonly recipe: Pick<Recipe, 'name' | 'repository' | 'source' | 'key'>;
  readonly entry: CatalogueEntry;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const hexOf = (digest: string): string => digest.slice('sha256:'.length);
const blobName = (digest: string): string => `blobs/sha256/${hexOf(digest)}`;

/** What the archive will hold, about. */
export function exportedBytes(images: readonly ExportedImage[]): number {
  const layers = images.flatMap(({ entry }) => entry.layers);
  return [...new Map(layers.map(({ digest, size }) => [digest, size])).values()].reduce((sum, size) => sum + size, 0);
}

/** `onBytes` is told how much of the layers is written. On an error what was written is no archive. */
export async function exportImages(
  images: readonly ExportedImage[],
  to: Writable,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, to, { signal });
  written.catch(() => undefined);
  try {
    await addDocuments(tar, images);
    await addLayers(tar, images, onBytes, signal);
    tar.finalize();
  } catch (error) {
    tar.destroy(error as Error);
    throw error;
  }
  await written;
}

async function addDocuments(tar: Pack, images: readonly ExportedImage[]): Promise<void> {
  const named = images.map(({ recipe, entry }) => ({
    ...{ recipe, entry },
    references: entry.tags.map((tag) => parseReference(`${recipe.repository}:${tag}`)),
  }));
  const manifests = named.flatMap(({ entry, references }) =>
    references.map((reference) => ({
      mediaType: manifestType,
      digest: entry.manifestDigest,
      size: Buffer.byteLength(entry.manifest),
      platform: { architecture: goArchitecture, os: 'linux' },
      annotations: {
        'io.containerd.image.name': canonical(reference),
        'org.opencontainers.image.ref.name': reference.tag ?? 'latest',
      },
    })),
  );
  const documents = named.map(({ recipe, entry }) => ({
    Config: blobName(entry.imageId),
    RepoTags: entry.tags.map((tag) => `${recipe.repository}:${tag}`),
    Layers: entry.layers.map(({ digest }) => blobName(digest)),
    ...(recipe.source.kind !== 'import' && { DrydockRecipe: `${recipe.name}-${recipe.key}` }),
  }));
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  await add(tar, 'oci-layout', '{"imageLayoutVersion":"1.0.0"}');
  await add(tar, 'index.json', JSON.stringify(index));
  await add(tar, 'manifest.json', JSON.stringify(documents));
  const texts = new Map(
    images.flatMap(({ entry }) => [
      [entry.manifestDigest, entry.manifest] as const,
      [entry.imageId, entry.configuration] as const,
    ]),
  );
  for (const [digest, text] of texts) await add(tar, blobName(digest), text);
}

async function addLayers(
  tar: Pack,
  images: readonly ExportedImage[],
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const layers = new Map(images.flatMap(({ entry }) => entry.layers.map((layer) => [layer.digest, layer])));
  let bytes = 0;
  for (const { digest, blob, size } of layers.values()) {
    signal.throwIfAborted();
    const content = createReadStream(blob);
    content.on('data', (piece) => {
      bytes += piece.length;
      onBytes(bytes);
    });
    await new Promise<void>((resolve, reject) => {
      const entry = tar.entry({ name: blobName(digest), size, mode: 0o644 }, (error) =>
        error ? reject(error) : resolve(),
      );
      content.once('error', reject).pipe(entry as unknown as Writable);
    });
  }
}

function add(tar: Pack, name: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ name, mode: 0o644 }, text, (error) => (error ? reject(error) : resolve()));
  });
}
