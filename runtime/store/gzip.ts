// Compresses a file with gzip (RFC 1952) while somebody reads what comes of it: in blocks, several at once, and what does not get
// smaller is stored as it is. The same content always gives the same bytes.

import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib';
import { giveBack } from '../give-back.ts';

const deflate = promisify(deflateRaw);

/** Deflated without what is before it, so that blocks need not wait for each other. It costs a hundredth of the size. */
const blockBytes = 1024 * 1024;
/** The threads that deflate are those that read the engine's files: others need some too. */
const blocksAtOnce = 2;
/** The fastest: layers are compressed on a machine with little CPU. */
const level = 1;

/** Of a block so many pieces are tried, from its start to its end. */
const sampledPieces = 4;
const sampledBytes = 4096;
/** What gets smaller by less than this is not worth the time: zlib takes forty times as long as storing it. */
const leastSaved = 1 / 32;

/** RFC 1951, 3.2.4: a stored block's length has 16 bits. */
const maxStoredBytes = 0xffff;

/** No name, no time, an unknown system (RFC 1952, 2.3). */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
/** An empty block of fixed codes which says that it is the last one. */
const lastBlock = Buffer.from([3, 0]);

/** `onBytes` is told how many bytes of the file have been compressed. */
export async function* gzipFile(path: string, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    yield header;
    const going: Promise<Buffer>[] = [];
    let crc = 0;
    let bytes = 0;
    for (let isOver = false; ; ) {
      while (!isOver && going.length < blocksAtOnce) {
        const block = await readBlock(file, bytes);
        isOver = block.length < blockBytes;
        if (block.length === 0) break;
        crc = crc32(block, crc);
        bytes += block.length;
        const packed = packBlock(block);
        packed.catch(() => undefined); // told when its turn comes
        going.push(packed);
      }
      const next = going.shift();
      if (!next) break;
      yield await next;
      onBytes(bytes);
    }
    const end = Buffer.alloc(8);
    end.writeUInt32LE(crc, 0);
    end.writeUInt32LE(bytes % 2 ** 32, 4);
    yield Buffer.concat([lastBlock, end]);
  } finally {
    await file.close();
  }
}

/** What is in a block is gone afterwards. */
async function packBlock(block: Buffer): Promise<Buffer> {
  const packed = isDense(block) ? stored(block) : await deflated(block);
  giveBack(block);
  return packed;
}

/** Shorter than a block only at the end of the file. */
async function readBlock(file: FileHandle, from: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(blockBytes);
  let length = 0;
  while (length < blockBytes) {
    const { bytesRead } = await file.read(block, length, blockBytes - length, from + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return block.subarray(0, length);
}

/** Whether a block does not get smaller, as far as pieces of it tell: it is random, encrypted or compressed already. */
function isDense(block: Buffer): boolean {
  if (block.length < sampledPieces * sampledBytes) return false;
  const step = (block.length - sampledBytes) / (sampledPieces - 1);
  const pieces = Array.from({ length: sampledPieces }, (_, at) => {
    const start = Math.floor(at * step);
    return block.subarray(start, start + sampledBytes);
  });
  const sample = Buffer.concat(pieces);
  return deflateRawSync(sample, { level }).length > sample.length * (1 - leastSaved);
}

/** Ends at a whole byte, and does not say that it is the last one. */
function deflated(block: Buffer): Promise<Buffer> {
  return deflate(block, { level, chunkSize: blockBytes, finishFlush: constants.Z_SYNC_FLUSH });
}

/** As stored blocks, each of which begins at a whole byte: the type, the length, its complement (RFC 1951, 3.2.4). */
function stored(block: Buffer): Buffer {
  const count = Math.ceil(block.length / maxStoredBytes);
  const out = Buffer.allocUnsafe(block.length + 5 * count);
  let to = 0;
  for (let from = 0; from < block.length; from += maxStoredBytes) {
    const length = Math.min(maxStoredBytes, block.length - from);
    out[to] = 0;
    out.writeUInt16LE(length, to + 1);
    out.writeUInt16LE(length ^ 0xffff, to + 3);
    block.copy(out, to + 5, from, from + length);
    to += 5 + length;
  }
  return out;
}
