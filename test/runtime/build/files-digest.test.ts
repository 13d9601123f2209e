// A digest over files of a stage: what is part of it, and where there is none.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'vitest';
import { LiveTree } from '../../../runtime/archives/live-tree.ts';
import type { Copied } from '../../../runtime/build/files/content-keys.ts';
import { Copying } from '../../../runtime/build/files/copying.ts';
import { FilesDigest } from '../../../runtime/build/files/files-digest.ts';
import { MountedTree, type SourceEntry } from '../../../runtime/build/files/source-tree.ts';
import { stageKeysIn } from '../../../runtime/build/files/stage-keys.ts';
import { temporaryDirectory } from '../images/fixture.ts';

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

/** The digest that is told while what is in `/d` of a directory is copied to another one. */
function copied(from: string, to: string, { includes = [], excludes = [] }: Partial<Copied>): string | null {
  const [source, target] = [from, to].map((path) => fs.openSync(path, fs.constants.O_RDONLY));
  assert.ok(source && target);
  try {
    using live = new LiveTree(target, { directory: '/', uidBase: 0, refusal: null });
    const tree = new MountedTree(source, 0);
    const digest = new FilesDigest();
    const action = { kind: 'copy', source: 0, from: '/d', to: '/', isPattern: false, includes, excludes } as const;
    const entry = tree.entry('/d') ?? assert.fail('there is no such directory');
    digest.source('/d');
    digest.add('', entry, null);
    new Copying(tree, live, { ...action, unpack: false, owner: '', mode: null }, null, digest).contents('/d', '/');
    live.finish();
    return digest.digest();
  } finally {
    fs.closeSync(source);
    fs.closeSync(target);
  }
}

test('what is only looked at has the digest that it has when it is copied, up to the limits', async () => {
  await using temporary = await temporaryDirectory();
  const from = `${temporary.path}/from`;
  const script = `mkdir -p d/e/f d/empty; echo one >d/one; echo two >d/e/two; echo three >d/e/f/three; ln d/one d/e/again
ln d/e/f/three d/other; ln -s ../one d/e/link; mkfifo d/pipe; chmod 700 d/e; chown 5:6 d/e/two; : >d/nothing`;
  fs.mkdirSync(from);
  execFileSync('sh', ['-ec', script], { cwd: from });
  const looked = (wanted: Partial<Copied>, limits = { bytes: 1000, entries: 100 }) => {
    const root = fs.openSync(from, fs.constants.O_RDONLY);
    try {
      return stageKeysIn(root, { uidBase: 0, limits, copied: [{ source: '/d', isPattern: false, ...wanted }] });
    } finally {
      fs.closeSync(root);
    }
  };
  const selections: readonly Partial<Copied>[] = [
    {},
    { includes: ['*/f/*'] },
    { includes: ['e/*', 'other'] },
    { excludes: ['e/f', 'one'] },
    { excludes: ['*', '!e/two'] },
  ];
  const digests = selections.map((selection, at) => {
    const to = `${temporary.path}/${at}`;
    fs.mkdirSync(to);
    const digest = copied(from, to, selection);
    assert.deepEqual(looked(selection).keys, [digest]);
    return digest;
  });
  assert.equal(new Set(digests).size, selections.length);
  assert.ok(!digests.includes(null));
  // The contents of three files, of which two have two names, and 12 entries.
  assert.deepEqual(looked({}).looked, { bytes: 14, entries: 12 });
  assert.deepEqual(looked({}, { bytes: 14, entries: 12 }).keys, [digests[0]]);
  assert.deepEqual(looked({}, { bytes: 13, entries: 12 }).keys, [null]);
  assert.deepEqual(looked({}, { bytes: 14, entries: 11 }).keys, [null]);
  assert.deepEqual(looked({ source: '/none' }).keys, [null]);
});
