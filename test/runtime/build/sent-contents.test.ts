// What a client has sent is kept as long as the list of its directory names it: small contents together in packs, large ones alone.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'vitest';
import { contentKeys } from '../../../runtime/build/files/content-keys.ts';
import { ReceivingInto } from '../../../runtime/build/files/receive-into.ts';
import { readList, writeList } from '../../../runtime/build/files/sent-list.ts';
import { SentTree } from '../../../runtime/build/files/source-tree.ts';
import { tidySent } from '../../../runtime/build/files/tidy-sent.ts';
import { smallContextFileBytes } from '../../../runtime/limits.ts';
import { temporaryDirectory } from '../images/fixture.ts';

interface File {
  readonly content: Buffer;
  readonly mtimeNs: bigint;
}

/** Sends a directory whose last list is `before`; gives how many contents were asked for, and the new list. */
async function send(directory: string, before: string | null, files: Readonly<Record<string, File>>) {
  const into = new ReceivingInto(directory, { before, maxBytes: 100_000_000 });
  let asked = 0;
  try {
    const coming: [number, Buffer][] = [];
    for (const [id, [path, { content, mtimeNs }]] of Object.entries(files).entries()) {
      const entry = { path, kind: 'file', mode: 0o644, size: content.length, mtimeNs, target: '' } as const;
      if (into.entry(entry)) coming.push([id, content]);
    }
    for (const [id, content] of coming) {
      asked += 1;
      for (let at = 0; at < content.length; at += 32_768) await into.data(id, content.subarray(at, at + 32_768));
      await into.end(id);
    }
    await into.finish();
  } finally {
    await into.close();
  }
  const list = `${directory}/.list-${randomBytes(4).toString('hex')}`;
  await writeList(list, into.entries);
  return { asked, list };
}

function read(directory: string, list: string): Record<string, Buffer> {
  const entries = readList(list);
  using tree = new SentTree(directory, entries);
  return Object.fromEntries(
    entries.map(({ path }) => {
      using content = tree.open(`/${path}`);
      const bytes = Buffer.alloc(content.bytes);
      assert.equal(fs.readSync(content.fd, bytes, 0, bytes.length, content.at), bytes.length);
      return [path, bytes];
    }),
  );
}

const contentsOf = (files: Readonly<Record<string, File>>) =>
  Object.fromEntries(Object.entries(files).map(([path, { content }]) => [path, content]));

const bytesIn = (directory: string): number =>
  fs.readdirSync(directory).reduce((sum, name) => {
    return name.startsWith('.list') ? sum : sum + fs.statSync(`${directory}/${name}`).size;
  }, 0);

test('contents of every size are as they were sent, each once, and only what has changed is asked for', async () => {
  await using temporary = await temporaryDirectory();
  const sizes = [0, 1, 500, 32_768, smallContextFileBytes, smallContextFileBytes + 1, 300_000];
  const files: Record<string, File> = {};
  for (const [at, size] of sizes.entries()) files[`a${at}`] = { content: randomBytes(size), mtimeNs: BigInt(at) };
  for (let at = 0; at < 300; at++)
    files[`b${String(at).padStart(3, '0')}`] = { content: randomBytes(2000), mtimeNs: 1n };
  files.c = { content: files.a2?.content ?? Buffer.alloc(0), mtimeNs: 7n };
  const first = await send(temporary.path, null, files);
  assert.equal(first.asked, Object.keys(files).length);
  assert.deepEqual(read(temporary.path, first.list), contentsOf(files));
  const all = sizes.reduce((sum, size) => sum + size, 0) + 300 * 2000;
  assert.equal(bytesIn(temporary.path), all, 'each content is there once');
  assert.equal(fs.readdirSync(temporary.path).length, 2 + 2, 'a list, a pack, and two large files');

  files.b100 = { content: randomBytes(10), mtimeNs: 2n };
  const second = await send(temporary.path, first.list, files);
  assert.equal(second.asked, 1);
  await tidySent(temporary.path, second.list);
  assert.deepEqual(read(temporary.path, second.list), contentsOf(files));
  assert.ok(!fs.existsSync(first.list));
});

test('a file that is empty can be read where nothing else was sent', async () => {
  await using temporary = await temporaryDirectory();
  const files = { empty: { content: Buffer.alloc(0), mtimeNs: 1n } };
  const { list } = await send(temporary.path, null, files);
  assert.deepEqual(read(temporary.path, list), contentsOf(files));
});

test('of a pack that is of no use for the most part the rest is kept, and what was not needed gives its room', async () => {
  await using temporary = await temporaryDirectory();
  const files: Record<string, File> = {};
  for (let at = 10; at < 60; at++) files[`f${at}`] = { content: randomBytes(3000), mtimeNs: 1n };
  files.f99 = { content: files.f59?.content ?? Buffer.alloc(0), mtimeNs: 1n };
  let list: string | null = null;
  for (let round = 0; round < 6; round++) {
    for (let at = 10; at < 40; at++) files[`f${at}`] = { content: randomBytes(3000), mtimeNs: BigInt(round + 2) };
    const sent: { readonly asked: number; readonly list: string } = await send(temporary.path, list, files);
    list = sent.list;
    await tidySent(temporary.path, list);
    assert.deepEqual(read(temporary.path, list), contentsOf(files));
    assert.ok(bytesIn(temporary.path) <= 2 * 50 * 3000, `${bytesIn(temporary.path)} bytes in round ${round}`);
  }
});

test('what is copied of a list has another digest where a directory has another mode that is copied with it, and only there', async () => {
  await using temporary = await temporaryDirectory();
  const entry = (path: string, kind: 'directory' | 'file', mode: number) => {
    return { path, kind, mode, size: 0, mtimeNs: '0', target: '', content: null };
  };
  const keys = async (modes: Readonly<Record<string, number>>) => {
    const paths = ['a', 'a/b', 'a/b/f.txt', 'a/c', 'a/c/f.log'];
    const entries = paths.map((path) => entry(path, path.includes('.') ? 'file' : 'directory', modes[path] ?? 0o755));
    const list = `${temporary.path}/.list-${randomBytes(4).toString('hex')}`;
    await writeList(list, entries);
    const copied = [
      { source: '/', isPattern: false, includes: ['a/*/*.txt'], excludes: [] },
      { source: '/a', isPattern: false, includes: [], excludes: ['*', '!b/f.txt'] },
    ];
    return contentKeys({ directory: temporary.path, list, without: [] }, copied);
  };
  const first = await keys({});
  assert.deepEqual(await keys({ 'a/c': 0o700, 'a/c/f.log': 0o600 }), first);
  for (const path of ['a', 'a/b', 'a/b/f.txt']) {
    const other = await keys({ [path]: 0o700 });
    assert.notDeepEqual(other[0], first[0], path);
    assert.notDeepEqual(other[1], first[1], path);
  }
});
