// What xz and bzip2 have packed, as it is unpacked. The bytes are what `echo x` and 46 MB of zeros become in those programs.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { test } from 'vitest';
import { type Packing, packingOf, unpackedBytes } from '../../../runtime/build/files/packed-file.ts';
import { temporaryDirectory } from '../images/fixture.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
const xz = bytesOf('/Td6WFoAAATm1rRGAgAhAQwAAACPmEGcAQABeAoAAAA3SlHcM6LKsAABGgLcLqV+H7bzfQEAAAAABFla');
const bzip2 = bytesOf('QlpoOTFBWSZTWSs+z38AAADAgAAQAEAgACEAgrF3JFOFCQKz7Pfw');
const zeros = bytesOf(
  'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZudCH0AAAxdAAwAAEAAAIIAAgpTQZjUhbBQvF3JFOFCQpcNCbgA==',
);
const zerosBytes = 46_000_000;

async function inFile(content: Buffer, act: (fd: number, packing: Packing) => Promise<void>): Promise<void> {
  await using temporary = await temporaryDirectory();
  fs.writeFileSync(`${temporary.path}/packed`, content);
  const fd = fs.openSync(`${temporary.path}/packed`, 'r');
  try {
    const packing = packingOf(content);
    assert.ok(packing);
    await act(fd, packing);
  } finally {
    fs.closeSync(fd);
  }
}

const never = new AbortController().signal;

const whole = (fd: number) => ({ fd, at: 0, bytes: Number.POSITIVE_INFINITY });

const unpacked = async (fd: number, packing: Packing): Promise<string> =>
  Buffer.concat(await Array.fromAsync(unpackedBytes(whole(fd), packing, never))).toString();

test.each([
  ['xz', xz],
  ['bzip2', bzip2],
] as const)(
  'files that %s has packed are told by their first bytes, and one behind the other are one',
  async (packing, content) => {
    assert.equal(packingOf(content), packing);
    await inFile(Buffer.concat([content, content]), async (fd) => assert.equal(await unpacked(fd, packing), 'x\nx\n'));
  },
);

test.each([
  ['xz', xz],
  ['bzip2', bzip2],
] as const)(
  'what is cut off or broken of a file that %s has packed is refused, and the next file is unpacked',
  async (_, content) => {
    const broken = Buffer.from(content);
    broken.writeUInt8(broken.readUInt8(content.length - 18) ^ 1, content.length - 18);
    for (const wrong of [content.subarray(0, -12), broken])
      await inFile(wrong, (fd, packing) => assert.rejects(unpacked(fd, packing), { kind: 'refused' }));
    await inFile(content, async (fd, packing) => assert.equal(await unpacked(fd, packing), 'x\n'));
  },
);

test('a dictionary of more than 64 MiB is refused before anything is kept for it', async () => {
  const greedy = Buffer.from(xz);
  // The block's header is 12 bytes behind those of the stream: filter 0x21 with one byte, the exponent of the dictionary's size.
  greedy.writeUInt8(32, 16);
  greedy.writeUInt32LE(crc32(greedy.subarray(12, 20)), 20);
  await inFile(greedy, (fd, packing) =>
    assert.rejects(unpacked(fd, packing), { kind: 'invalid', message: /dictionary of more than 64 MiB/ }),
  );
});

test('what grows without end is unpacked no further than it is read, and while a build is not ended', async () => {
  const ending = new AbortController();
  await inFile(Buffer.concat(Array.from({ length: 10_000 }, () => zeros)), async (fd, packing) => {
    let bytes = 0;
    const reading = (async () => {
      for await (const piece of unpackedBytes(whole(fd), packing, ending.signal)) {
        bytes += piece.length;
        if (bytes >= zerosBytes) ending.abort(new Error('ended'));
      }
    })();
    await assert.rejects(reading, { message: 'ended' });
    assert.equal(bytes, zerosBytes);
  });
});
