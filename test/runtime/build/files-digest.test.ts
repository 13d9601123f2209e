// A digest over files of a stage: what is part of it, and where there is none.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'vitest';
import { FilesDigest } from '../../../runtime/build/files/files-digest.ts';
import type { SourceEntry } from '../../../runtime/build/files/source-tree.ts';

const file: SourceEntry = {
  kind: 'file',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: new Date(0),
  target: '',
  inode: null,
  extended: [['security.capability', Buffer.from([1, 0])]],
};

function digestOf(entry: SourceEntry, { name = 'f', text = 'a', from = '/made/d' } = {}): string | null {
  const digest = new FilesDigest();
  digest.source(from);
  digest.add(name, entry, createHash('sha256').update(text));
  return digest.digest();
}

test('all of a file counts but its time and where it lies', () => {
  const first = digestOf(file);
  assert.match(first ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.equal(digestOf({ ...file, mtime: new Date(5000) }), first);
  assert.equal(digestOf(file, { from: '/other/d' }), first);
  const others: readonly (string | null)[] = [
    digestOf({ ...file, mode: 0o4755 }),
    digestOf({ ...file, uid: 1 }),
    digestOf({ ...file, gid: 1 }),
    digestOf({ ...file, kind: 'fifo' }),
    digestOf({ ...file, extended: [] }),
    digestOf({ ...file, extended: [['security.capability', Buffer.from([2, 0])]] }),
    digestOf({ ...file, extended: [['user.capability', Buffer.from([1, 0])]] }),
    digestOf(file, { name: 'g' }),
    digestOf(file, { text: 'b' }),
    digestOf(file, { from: '/made/e' }),
  ];
  assert.equal(new Set([first, ...others]).size, others.length + 1);
  assert.ok(!others.includes(null));
});

test('there is none where a name cannot be read, or something was not told of', () => {
  assert.equal(digestOf(file, { name: Buffer.from('f\xff', 'latin1').toString() }), null);
  const digest = new FilesDigest();
  digest.source('/d');
  digest.miss();
  assert.equal(digest.digest(), null);
});
