// Subvolumes as hosts' disks.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { createSubvolume, deleteSubvolume, makeFileSystem, mountFileSystem } from '../../../runtime/kernel/btrfs.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync('/var/tmp/drydock-btrfs-');
  await makeFileSystem(`${folder}/image`, 1024 ** 3);
  await mountFileSystem(`${folder}/image`, `${folder}/store`);
});
afterAll(() => {
  execFileSync('umount', [`${folder}/store`]);
  rmSync(folder, { recursive: true });
});

test('while a subvolume is removed, others are answered', async () => {
  const subvolume = `${folder}/store/one`;
  createSubvolume(subvolume);
  writeFileSync(`${subvolume}/file`, Buffer.alloc(16 * 1024 * 1024, 1));
  let answered = false;
  setImmediate(() => {
    answered = true;
  });
  await deleteSubvolume(subvolume);
  assert.ok(answered);
  assert.ok(!existsSync(subvolume));
  await deleteSubvolume(subvolume); // once more is no error
});

test('what cannot be removed is told by name, with the reason', async () => {
  const file = `${folder}/store/file`;
  writeFileSync(file, '');
  await assert.rejects(deleteSubvolume(file), { code: 'ENOTDIR', message: `delete subvolume ${file}: ENOTDIR` });
});
