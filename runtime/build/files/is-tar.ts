// Whether a file is an archive that ADD unpacks: a tar, which may be compressed. Its name tells nothing.

import { Readable } from 'node:stream';
import { EngineError } from '../../errors.ts';
import { compressionOf, decompressor, magicBytes } from '../../store/compression.ts';
import { type Packing, packingOf, unpackedBytes } from '../../store/packed-bytes.ts';
import { type FilePart, readPart } from './read-part.ts';

const blockBytes = 512;
/** So much of a compressed file has a header of a tar in it. */
const lookedAtBytes = 64 * 1024;

/** Throws invalid for one that is compressed in a way that cannot be read here. */
export async function isTar(content: FilePart): Promise<boolean> {
  const start = Buffer.alloc(lookedAtBytes);
  const length = readPart(content, start, 0);
  const read = start.subarray(0, length);
  const packing = packingOf(read);
  if (packing) return isHeader(await firstUnpacked(content, packing));
  const expand = decompressor(compressionOf(read.subarray(0, magicBytes)));
  return isHeader(expand ? await firstBlock(expand, read) : read.subarray(0, blockBytes));
}

async function firstUnpacked(content: FilePart, packing: Packing): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of unpackedBytes(piecesOf(content), packing)) {
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

/** Read at a time. */
const pieceBytes = 256 * 1024;

function* piecesOf(content: FilePart): Generator<Buffer> {
  for (let done = 0; ; ) {
    const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, Math.max(1, content.bytes - done)));
    const length = readPart(content, piece, done);
    if (length === 0) return;
    yield piece.subarray(0, length);
    done += length;
  }
}

/** What is in the file. The caller disposes of `content` after that. */
export function streamOf(content: FilePart): Readable {
  return Readable.from(piecesOf(content), { objectMode: false });
}
