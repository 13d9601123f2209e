// The .xz file format (tukaani.org/xz/xz-file-format.txt), of bytes as they are: what reads it knows no difference.

import { crc32 } from 'node:zlib';

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
const uint32 = (value: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(value);
  return four;
};
const padded = (part: Buffer): Buffer => Buffer.concat([part, Buffer.alloc(-part.length & 3)]);
const summed = (part: Buffer): Buffer => Buffer.concat([part, uint32(crc32(part))]);

/** Seven bits at a time, the lowest first. */
function variable(value: number): Buffer {
  const parts: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) parts.push((left & 0x7f) | 0x80);
  return bytes(...parts, left);
}

const maxChunkBytes = 0x10000;

/** LZMA2 chunks that are not compressed; the first says that there is no dictionary before it. */
function chunks(content: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < content.length; at += maxChunkBytes) {
    const chunk = content.subarray(at, at + maxChunkBytes);
    const last = chunk.length - 1;
    parts.push(bytes(at === 0 ? 1 : 2, last >> 8, last & 0xff), chunk);
  }
  return Buffer.concat([...parts, bytes(0)]);
}

/** A file of one block, whose sum is a CRC32. */
export function xzOf(content: Buffer): Buffer {
  const flags = bytes(0, 1);
  // Its own length, one filter, LZMA2 with a dictionary of 64 KiB.
  const header = summed(padded(bytes(2, 0, 0x21, 1, 8)));
  const packed = chunks(content);
  const unpaddedBytes = header.length + packed.length + 4;
  const index = summed(padded(Buffer.concat([bytes(0, 1), variable(unpaddedBytes), variable(content.length)])));
  const backward = Buffer.concat([uint32(index.length / 4 - 1), flags]);
  return Buffer.concat([
    ...[Buffer.from('\xfd7zXZ\0', 'latin1'), summed(flags)],
    ...[header, padded(packed), uint32(crc32(content)), index],
    ...[uint32(crc32(backward)), backward, Buffer.from('YZ')],
  ]);
}
