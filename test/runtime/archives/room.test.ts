// A tree that no disk's quota counts takes as much as it may, and no more.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'vitest';
import { LiveTree } from '../../../runtime/archives/live-tree.ts';
import { Room } from '../../../runtime/archives/room.ts';
import { writeArchive } from '../../../runtime/archives/write-archive.ts';
import { maxLayerEntries } from '../../../runtime/limits.ts';
import { type Entry, tarOf } from '../../support/tar.ts';
import { temporaryDirectory } from '../images/fixture.ts';

async function inRoot(act: (root: number, directory: string) => Promise<void> | void): Promise<void> {
  await using temporary = await temporaryDirectory();
  const root = fs.openSync(temporary.path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    await act(root, temporary.path);
  } finally {
    fs.closeSync(root);
  }
}

const made = { uidBase: 0, noOverwriteDirNonDir: false, refusal: null } as const;
const tooLarge = { kind: 'tooLarge' };

test('files that are written may hold what is left, together', () =>
  inRoot((root) => {
    using tree = new LiveTree(root, { ...made, directory: '/', layer: new Room(1000) });
    const fd = tree.startFile(['a']);
    try {
      tree.write(fd, Buffer.alloc(600));
      assert.throws(() => tree.write(fd, Buffer.alloc(401)), tooLarge);
      tree.write(fd, Buffer.alloc(400));
      assert.equal(fs.fstatSync(fd).size, 1000);
    } finally {
      fs.closeSync(fd);
    }
  }));

test('archives that are unpacked one after the other may hold what is left, together', () =>
  inRoot(async (root, directory) => {
    const layer = new Room(1000);
    const unpack = async (name: string, bytes: number): Promise<void> => {
      const entries: Entry[] = [[{ name }, 'x'.repeat(bytes)]];
      const archive = Readable.from([await tarOf(entries)]);
      await writeArchive(archive, root, { ...made, path: '/', owner: null, maxBytes: 1024 * 1024, layer });
    };
    await unpack('a', 600);
    await assert.rejects(unpack('b', 401), tooLarge);
    assert.deepEqual(fs.readdirSync(directory), ['a']);
  }));

test('a layer has so many entries, and no more', () => {
  const room = new Room(0);
  for (let at = 0; at < maxLayerEntries; at++) room.takeEntry();
  assert.throws(() => room.takeEntry(), tooLarge);
});
