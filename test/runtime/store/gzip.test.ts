// Compressing with gzip in blocks: whatever is in a file, any reader of gzip gets it back.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { test } from 'vitest';
import { gzipFile } from '../../../runtime/store/gzip.ts';
import { temporaryDirectory } from '../images/fixture.ts';

const mebibyte = 1024 * 1024;

async function compressed(path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of gzipFile(path, () => undefined)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Numbers in order: compresses well, and no two places are the same. */
function text(bytes: number): Buffer {
  const lines = Array.from({ length: Math.ceil(bytes / 12) }, (_, n) => `line ${n}\n`);
  return Buffer.from(lines.join('').padEnd(bytes, '.')).subarray(0, bytes);
}

const contents: readonly (readonly [name: string, content: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['a byte', Buffer.from('x')],
  ['random bytes, fewer than are tried', randomBytes(1000)],
  ['random bytes that end within a stored block', randomBytes(3 * mebibyte + 70_000)],
  ['text that ends with a block', text(2 * mebibyte)],
  ['text that ends a byte after a block', text(mebibyte + 1)],
  ['text and random bytes in turn', Buffer.concat([text(mebibyte), randomBytes(mebibyte), text(mebibyte + 5)])],
  ['zeros', Buffer.alloc(5 * mebibyte)],
];

test('what is compressed is got back by zlib and by gzip(1), and is the same each time', async () => {
  await using temporary = await temporaryDirectory();
  const path = `${temporary.path}/plain`;
  for (const [name, content] of contents) {
    writeFileSync(path, content);
    const packed = await compressed(path);
    assert.ok(gunzipSync(packed).equals(content), name);
    const got = execFileSync('gzip', ['-dc'], { input: packed, maxBuffer: 16 * mebibyte });
    assert.ok(got.equals(content), `${name}, by gzip`);
    assert.ok((await compressed(path)).equals(packed), `${name}, again`);
  }
});

test('what does not get smaller is stored, block by block; the rest is as small as zlib makes it', async () => {
  await using temporary = await temporaryDirectory();
  const path = `${temporary.path}/plain`;
  const random = randomBytes(4 * mebibyte);
  writeFileSync(path, random);
  const stored = await compressed(path);
  assert.ok(stored.length > random.length && stored.length < random.length * 1.0002);
  assert.ok(stored.includes(random.subarray(100_000, 100_064)), 'the bytes are there as they are');
  // Letters of random bytes have 6 bits in each byte of text.
  const letters = Buffer.from(randomBytes(3 * mebibyte).toString('base64'));
  for (const content of [text(8 * mebibyte), letters]) {
    writeFileSync(path, content);
    assert.ok((await compressed(path)).length < gzipSync(content, { level: 1 }).length * 1.03);
  }
  writeFileSync(path, Buffer.concat([text(4 * mebibyte), random]));
  const mixed = (await compressed(path)).length - stored.length;
  assert.ok(mixed < gzipSync(text(4 * mebibyte), { level: 1 }).length * 1.03);
});

test('a reader that gives up leaves no file open, and progress is told to the end', async () => {
  await using temporary = await temporaryDirectory();
  const path = `${temporary.path}/plain`;
  writeFileSync(path, text(4 * mebibyte));
  const told: number[] = [];
  for await (const piece of gzipFile(path, (bytes) => told.push(bytes))) assert.ok(piece.length > 0);
  assert.equal(told.at(-1), 4 * mebibyte);
  const pieces = gzipFile(path, () => undefined);
  await pieces.next();
  await pieces.next();
  await pieces.return(undefined);
  const open = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // of the listing itself
    }
  });
  assert.ok(!open.includes(path));
});
