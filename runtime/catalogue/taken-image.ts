// An image that comes from elsewhere: its layers become blobs of a layout, each looked at first.

import { rename } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import { maxCatalogueLayerBytes } from '../limits.ts';
import { Blobs, syncFile } from '../store/blobs.ts';
import { compressionOf, firstBytesOf, layerMediaType } from '../store/compression.ts';
import { hash, pack } from '../store/layer-work.ts';

/** Its layers are in the layout already. */
export interface TakenImage {
  readonly imageId: string;
  /** Byte for byte as hashed. */
  readonly configuration: string;
  readonly layers: readonly { readonly mediaType: string; readonly digest: string; readonly size: number }[];
  /** References as the archive spells them. */
  readonly names: readonly string[];
  /** Of which recipe it says that it was made, `NAME-KEY`; null for none. */
  readonly recipe: string | null;
}

export interface GivenLayer {
  /** Moved into the layout. */
  readonly file: string;
  /** What the file must hash to; null where nobody has said. */
  readonly digest: string | null;
  /** What the tar in it must hash to. */
  readonly diffId: string;
}

export interface TakeParts {
  readonly layout: string;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

type Layer = TakenImage['layers'][number];

/**
 * `known`: layers of other images of the same archive, which they may share. Layers that are not compressed are compressed. Throws
 * dataLoss where a layer is not what was said, invalid for what is none.
 */
export async function takeLayers(
  layers: readonly GivenLayer[],
  parts: TakeParts,
  known = new Map<string, Layer>(),
): Promise<readonly Layer[]> {
  const taken: Layer[] = [];
  for (const [index, layer] of layers.entries()) {
    const key = `${layer.file} ${layer.diffId}`;
    const one = known.get(key) ?? (await takeLayer(layer, `layer ${index + 1} of ${layers.length}`, parts));
    known.set(key, one);
    taken.push(one);
  }
  return taken;
}

async function takeLayer(
  { file, digest, diffId }: GivenLayer,
  told: string,
  { layout, signal, onStep }: TakeParts,
): Promise<Layer> {
  const blobs = new Blobs(`${layout}/blobs`);
  onStep(told);
  const compression = compressionOf(await firstBytesOf(file));
  const onBytes = (bytes: number): void => onStep(`${told}, ${Math.round(bytes / 1e6)} MB`);
  const maxBytes = maxCatalogueLayerBytes;
  const found = await hash({ kind: 'hash', blob: file, maxBytes, digest: null }, signal, onBytes);
  for (const [what, is, expected] of [
    ['digest', found.digest, digest],
    ['diff ID', found.diffId, diffId],
  ] as const)
    if (expected !== null && is !== expected)
      throw new EngineError('dataLoss', `${told} is damaged: its ${what} is ${is}, and its image says ${expected}`);
  if (compression !== 'none') {
    await syncFile(file);
    if (!blobs.has(found.digest)) await rename(file, blobs.path(found.digest));
    return { mediaType: layerMediaType[compression], digest: found.digest, size: found.size };
  }
  const blob = blobs.temporary();
  const packed = await pack({ kind: 'compress', from: file, blob, compression: 'gzip', maxBytes }, signal, onBytes);
  await blobs.adopt(blob, packed.digest);
  return { mediaType: layerMediaType.gzip, digest: packed.digest, size: packed.size };
}
