// The compressions that a layer may come in, told by the first bytes and not by what a document claims.

import { open } from 'node:fs/promises';
import { Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { EngineError } from '../errors.ts';
import { packingOf, unpackedBytes } from './packed-bytes.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** A zstd frame may ask for a window of gigabytes; 27 bits (128 MiB) is what `zstd` itself stops at. */
const maxZstdWindowLog = 27;
const megabyte = 1024 * 1024;

/** How many first bytes `compressionOf` looks at, and `packingOf`. */
export const magicBytes = 6;

/** Throws invalid for xz and bzip2, which no layer may have. */
export function compressionOf(start: Uint8Array): Compression {
  const packing = packingOf(start);
  if (packing)
    throw new EngineError('invalid', `a layer cannot be compressed with ${packing}: registries know gzip and zstd`);
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  if (start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd) return 'zstd';
  return 'none';
}

/**
 * The parts of a pipeline that give what an archive holds, which may be compressed in each of Docker's ways. It blocks for xz and bzip2:
 * for worker threads.
 */
export async function expanding(archive: Readable): Promise<[Readable, ...Transform[]]> {
  const { start, whole } = await peek(archive);
  const packing = packingOf(start);
  if (packing) return [Readable.from(unpackedBytes(whole, packing), { objectMode: false })];
  const expand = decompressor(compressionOf(start));
  return expand ? [whole, expand] : [whole];
}

/** The first bytes of a file, as `compressionOf` wants them. */
export async function firstBytesOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(magicBytes), 0, magicBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The first bytes of a stream, as `compressionOf` wants them, and a stream that has them too. */
export async function peek(content: Readable): Promise<{ start: Buffer; whole: Readable }> {
  const chunks = content[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.length < magicBytes) {
    const { value, done } = await chunks.next();
    if (done) break;
    start = Buffer.concat([start, Buffer.from(value)]);
  }
  async function* rest(): AsyncGenerator<Buffer> {
    if (start.length > 0) yield start;
    for (;;) {
      const { value, done } = await chunks.next();
      if (done) return;
      yield value;
    }
  }
  return { start, whole: Readable.from(rest()) };
}

/** Null for `none`. `chunkSize`: what comes out at once at most; it is in memory from the start. */
export function decompressor(compression: Compression, chunkSize = megabyte): Transform | null {
  if (compression === 'gzip') return createGunzip({ chunkSize });
  if (compression === 'none') return null;
  return createZstdDecompress({ chunkSize, params: { [constants.ZSTD_d_windowLogMax]: maxZstdWindowLog } });
}

/** The fastest level: layers are written once, on a machine with little CPU, and read from its own disk. */
export function compressor(compression: 'gzip' | 'zstd', chunkSize = megabyte): Transform {
  if (compression === 'gzip') return createGzip({ level: 1, chunkSize });
  return createZstdCompress({ chunkSize, params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

/** OCI image-spec layer.md. */
export const layerMediaType: Readonly<Record<Compression, string>> = {
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
};
