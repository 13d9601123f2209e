// The layers of an image as they are sent to a registry: the blob that was brought, built or committed, compressed where it is not yet.

import { open } from 'node:fs/promises';
import { type Compression, compressionOf, magicBytes } from '../store/compression.ts';
import { compress } from '../store/layer-work.ts';
import { goneFromCatalogue } from './save.ts';
import type { HostView } from './view.ts';

export interface LayerSource {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
  readonly compression: Exclude<Compression, 'none'>;
}

/** `newFile` names the file for what has to be compressed. Throws unavailable where the catalogue has the layer no more. */
export async function layerSource(
  view: HostView,
  diffId: string,
  newFile: () => string,
  signal: AbortSignal,
): Promise<LayerSource> {
  const digest = view.layers.get(diffId)?.blob;
  const given = digest ? { path: view.blobs.path(digest), digest } : catalogueBlob(view, diffId);
  const { start, size } = await look(given.path);
  const compression = compressionOf(start);
  if (compression !== 'none') return { ...given, size, compression };
  const path = newFile();
  const packed = await compress({ kind: 'compress', blob: given.path, to: path }, signal);
  return { path, digest: packed.digest, size: packed.size, compression: 'gzip' };
}

function catalogueBlob(view: HostView, diffId: string): { path: string; digest: string } {
  const layer = view.catalogue.layer(diffId);
  if (!layer) throw goneFromCatalogue(diffId);
  return { path: layer.blob, digest: layer.digest };
}

async function look(path: string): Promise<{ start: Buffer; size: number }> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(magicBytes), 0, magicBytes, 0);
    return { start: buffer.subarray(0, bytesRead), size: (await file.stat()).size };
  } finally {
    await file.close();
  }
}
