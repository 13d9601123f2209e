// The layers of an image as they are sent to a registry: the blob that was brought, built or committed, compressed where it is not yet.

import { open } from 'node:fs/promises';
import type { PlainFile, WholeBlob } from '../registries/upload.ts';
import { type Compression, compressionOf, magicBytes } from '../store/compression.ts';
import type { StoredLayer } from './build-exchange.ts';
import { goneFromCatalogue } from './save.ts';
import type { HostView } from './view.ts';

export interface LayerSource {
  readonly sent: WholeBlob | PlainFile;
  readonly compression: Exclude<Compression, 'none'>;
  /** Of its file. */
  readonly bytes: number;
}

/** Throws unavailable where the catalogue has the layer no more. */
export async function layerSource(view: HostView, diffId: string): Promise<LayerSource> {
  const { path, digest, size, compression, compressed } = await storedLayer(view, diffId);
  if (compression === 'none') return { sent: { plain: path, blob: compressed }, compression: 'gzip', bytes: size };
  return { sent: { blob: { digest, size }, content: { path } }, compression, bytes: size };
}

/** The file of a layer. Throws unavailable where the catalogue has the layer no more. */
export async function storedLayer(view: HostView, diffId: string): Promise<StoredLayer> {
  const layer = view.layers.get(diffId);
  const { path, digest } = layer?.blob
    ? { path: view.blobs.path(layer.blob), digest: layer.blob }
    : catalogueBlob(view, diffId);
  const { start, size } = await look(path);
  return { path, digest, size, compression: compressionOf(start), compressed: layer?.compressed ?? null };
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
