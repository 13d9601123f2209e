// Whether a file is an archive that ADD unpacks: a tar, which may be compressed. Its name tells nothing.

import fs from 'node:fs';
import { EngineError } from '../../errors.ts';
import { compressionOf, decompressor, magicBytes } from '../../store/compression.ts';
import { type Packing, packingOf, unpackedBytes } from './packed-file.ts';

const blockBytes = 512;
/** So much of a compressed file has a header of a tar in it. */
const lookedAtBytes = 64 * 1024;

/** How a file is an archive, if it is one: packed so that Node does not unpack it, or otherwise. */
export type TarFile = Packing | 'other';

/** Null for what is no archive. Throws invalid for one that is compressed in a way that cannot be read here. */
export async function tarIn(fd: number, signal: AbortSignal): Promise<TarFile | null> {
  const start = Buffer.alloc(lookedAtBytes);
  const length = fs.readSync(fd, start, 0, start.length, 0);
  const read = start.subarray(0, length);
  const packing = packingOf(read);
  if (packing) return isHeader(await firstUnpacked(fd, packing, signal)) ? packing : null;
  const expand = decompressor(compressionOf(read.subarray(0, magicBytes)));
  return isHeader(expand ? await firstBlock(expand, read) : read.subarray(0, blockBytes)) ? 'other' : null;
}

async function firstUnpacked(fd: number, packing: Packing, signal: AbortSignal): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of unpackedBytes(fd, packing, signal)) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= blockBytes) break;
    }
  } catch (error) {
    // What is broken is a file as any other.
    if (!(error instanceof EngineError) || error.kind !== 'refused') throw error;
  }
  return Buffer.concat(parts).subarray(0, blockBytes);
}

/** The first block that comes out; less where nothing does. */
async function firstBlock(expand: NonNullable<ReturnType<typeof decompressor>>, compressed: Buffer): Promise<Buffer> {
  expand.write(compressed);
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    expand.end();
    for await (const part of expand) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= blockBytes) break;
    }
  } catch {
    // It is cut off there, or is no such file.
  }
  return Buffer.concat(parts).subarray(0, blockBytes);
}

/** POSIX ustar: the sum of a header's bytes, its own field taken for spaces, stands in it. */
function isHeader(block: Buffer): boolean {
  if (block.length < blockBytes) return false;
  const said = Number.parseInt(block.toString('latin1', 148, 156).replace(/[^0-7]/g, ''), 8);
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return said > 0 && said === sum;
}
