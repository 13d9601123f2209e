// What xz and bzip2 have packed, as it is unpacked. The bytes are what `echo x` and 46 MB of zeros become in those programs.

import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { describe, test } from 'vitest';
import { packingOf, unpackedBytes } from '../../../runtime/store/packed-bytes.ts';
import { until } from '../../support/until.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
const xz = bytesOf('/Td6WFoAAATm1rRGAgAhAQwAAACPmEGcAQABeAoAAAA3SlHcM6LKsAABGgLcLqV+H7bzfQEAAAAABFla');
const bzip2 = bytesOf('QlpoOTFBWSZTWSs+z38AAADAgAAQAEAgACEAgrF3JFOFCQKz7Pfw');
const zeros = bytesOf(
  'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZudCH0AAAxdAAwAAEAAAIIAAgpTQZjUhbBQvF3JFOFCQpcNCbgA==',
);
const zerosBytes = 46_000_000;

/** In pieces that end in the middle of everything. */
function* pieces(content: Buffer, length = 7): Generator<Buffer> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length);
}

async function unpacked(content: Buffer): Promise<string> {
  const packing = packingOf(content);
  assert.ok(packing);
  return Buffer.concat(await Array.fromAsync(unpackedBytes(pieces(content), packing))).toString();
}

const packed = [
  ['xz', xz],
  ['bzip2', bzip2],
] as const;

describe.each(packed)('what %s has packed', (packing, content) => {
  test('is told by its first bytes, and one behind the other are one', async () => {
    assert.equal(packingOf(content), packing);
    assert.equal(await unpacked(Buffer.concat([content, content])), 'x\nx\n');
  });

  test('is refused where it is cut off or broken, and the next is unpacked', async () => {
    const broken = Buffer.from(content);
    broken.writeUInt8(broken.readUInt8(content.length - 18) ^ 1, content.length - 18);
    for (const wrong of [content.subarray(0, -12), broken]) await assert.rejects(unpacked(wrong), { kind: 'refused' });
    assert.equal(await unpacked(content), 'x\n');
  });

  test('fails with what its bytes fail with, and lets them go where nobody reads on', async () => {
    const given: string[] = [];
    async function* failing(): AsyncGenerator<Buffer> {
      try {
        yield content.subarray(0, 20);
        throw new Error('the client has gone');
      } finally {
        given.push('gone');
      }
    }
    await assert.rejects(Array.fromAsync(unpackedBytes(failing(), packing)), { message: 'the client has gone' });
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield content;
      } finally {
        given.push('left');
      }
    }
    for await (const piece of unpackedBytes(endless(), packing)) {
      assert.equal(Buffer.from(piece).toString().slice(0, 2), 'x\n');
      break;
    }
    await until('they are let go', () => given.join() === 'gone,left');
  });
});

test('a dictionary of more than 64 MiB is refused before anything is kept for it', async () => {
  const greedy = Buffer.from(xz);
  // The block's header is 12 bytes behind those of the stream: filter 0x21 with one byte, the exponent of the dictionary's size.
  greedy.writeUInt8(32, 16);
  greedy.writeUInt32LE(crc32(greedy.subarray(12, 20)), 20);
  await assert.rejects(unpacked(greedy), { kind: 'invalid', message: /dictionary of more than 64 MiB/ });
});

test('what grows without end is unpacked no further than it is read', async () => {
  let taken = 0;
  function* endless(): Generator<Buffer> {
    for (;;) {
      taken += zeros.length;
      yield zeros;
    }
  }
  let bytes = 0;
  for await (const piece of unpackedBytes(endless(), 'bzip2')) {
    bytes += piece.length;
    if (bytes >= zerosBytes) break;
  }
  assert.equal(bytes, zerosBytes);
  // It is read ahead as far as the longest block is.
  assert.ok(taken < 3 * 1024 * 1024, `${taken} bytes were taken`);
});
