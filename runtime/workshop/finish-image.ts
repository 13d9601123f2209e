// What a build has come to becomes an image of the catalogue's cache: its configuration, its tags, its layers, compressed.

import { copyFileSync, linkSync } from 'node:fs';
import type { BuiltHere } from '../build/builder.ts';
import type { ImageDocument } from '../build/language/image-document.ts';
import { documentOf } from '../build/outputs/finished-image.ts';
import { type CatalogueLayer, writeLayout } from '../catalogue/layout.ts';
import { packageVersion, tagsOfVersion } from '../catalogue/version-tags.ts';
import type { Order } from '../catalogue/workshop.ts';
import type { Host } from '../hosts/host.ts';
import { maxCatalogueLayerBytes } from '../limits.ts';
import { Blobs } from '../store/blobs.ts';
import { compressionOf, firstBytesOf, layerMediaType } from '../store/compression.ts';
import { pack } from '../store/layer-work.ts';

interface Finished extends Order {
  readonly host: Host;
  readonly built: BuiltHere;
}

/** Throws invalid where the package is not in it that its version is of. */
export async function finishImage(finished: Finished): Promise<void> {
  const { recipe, bases, built, host, layout, signal, onStep } = finished;
  const { builds } = host.images;
  const diffIds = built.layers.map(({ diffId }) => diffId);
  const version = versionOf(finished, builds.layerNames(diffIds));
  const variable = recipe.version && recipe.version !== 'base' ? recipe.version.env : undefined;
  const image = withVariable(built.image, variable, version);
  const blobs = new Blobs(`${layout}/blobs`);
  const below = new Map([...bases.values()].flatMap((base) => base.layers.map((layer) => [layer.diffId, layer])));
  const layers: { mediaType: string; digest: string; size: number }[] = [];
  for (const diffId of diffIds) {
    const known = below.get(diffId);
    if (known) linkLayer(known, blobs);
    layers.push(known ?? (await compressed(diffId)));
  }

  async function compressed(diffId: string) {
    const { compression } = recipe;
    const { path, digest } = builds.blobOf(diffId);
    if (compressionOf(await firstBytesOf(path)) === compression) {
      linkLayer({ blob: path, digest }, blobs);
      await blobs.sync(digest);
      return { mediaType: layerMediaType[compression], digest, size: blobs.size(digest) };
    }
    const blob = blobs.temporary();
    const job = { kind: 'compress', from: path, blob, compression } as const;
    const packed = await pack({ ...job, maxBytes: maxCatalogueLayerBytes }, signal, (bytes) =>
      onStep(`packing, ${Math.round(bytes / 1e6)} MB`),
    );
    await blobs.adopt(blob, packed.digest);
    return { mediaType: layerMediaType[compression], digest: packed.digest, size: packed.size };
  }

  writeLayout(layout, {
    tags: [...new Set([...recipe.tags, ...(version === null ? [] : tagsOfVersion(version))])],
    version,
    configuration: documentOf(image, built.layers),
    layers,
  });
}

function versionOf({ recipe, bases, host }: Finished, names: readonly string[]): string | null {
  if (!recipe.version) return null;
  if (recipe.version === 'base') return [...bases.values()][0]?.version ?? null;
  const { layersDirectory } = host.engine.images;
  return packageVersion(
    names.map((name) => `${layersDirectory}/${name}`),
    recipe.version.package,
  );
}

function withVariable(image: ImageDocument, name: string | undefined, version: string | null): ImageDocument {
  if (name === undefined || version === null) return image;
  const written = `${name}=${version}`;
  return {
    ...image,
    config: { ...image.config, Env: [...(image.config?.Env ?? []), written] },
    history: [...(image.history ?? []), { created_by: `ENV ${written}`, empty_layer: true }],
  };
}

/** Images of one cache share their layers' blobs; a hard link is as good as a copy, for a blob never changes. */
function linkLayer({ blob, digest }: Pick<CatalogueLayer, 'blob' | 'digest'>, blobs: Blobs): void {
  const place = blobs.path(digest);
  if (blobs.has(digest)) return;
  try {
    linkSync(blob, place);
  } catch {
    copyFileSync(blob, place);
  }
}
