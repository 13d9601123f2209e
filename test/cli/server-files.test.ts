// The server's records are its user's, whoever had them before.

import assert from 'node:assert/strict';
import { chown, lchown, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, test } from 'vitest';
import { giveToUser } from '../../cli/supervisor/server-files.ts';
import { testRun } from '../support/instance.ts';

const folder = await mkdtemp(`/tmp/${testRun}-records-`);
afterAll(() => rm(folder, { recursive: true }));
const [server, outside] = [path.join(folder, 'server'), path.join(folder, 'outside')];
const within = ['compiled/a/b', 'compiled/a', 'compiled', 'server.db', 'out', '.'].map((name) =>
  path.join(server, name),
);
const [before, now] = [
  { uid: 4242, gid: 4243 },
  { uid: 5151, gid: 5152 },
];

await mkdir(path.join(server, 'compiled/a'), { recursive: true });
await writeFile(outside, 'the machine’s own');
await chown(outside, 0, 0);
await writeFile(path.join(server, 'compiled/a/b'), '');
await writeFile(path.join(server, 'server.db'), '');
await symlink(outside, path.join(server, 'out'));

const owners = async (files: readonly string[]) =>
  await Promise.all(files.map(async (file) => `${(await lstat(file)).uid}:${(await lstat(file)).gid}`));

test('what another user had, or the same name with another number, is the user’s; what a link leads to stays', async () => {
  for (const file of within) await lchown(file, before.uid, before.gid);
  await giveToUser(server, now);
  assert.deepEqual(
    await owners(within),
    within.map(() => '5151:5152'),
  );
  assert.deepEqual(await owners([outside]), ['0:0']);
});

test('one that was cut off is done again: the folder is the user’s, and what is in it not yet', async () => {
  await lchown(path.join(server, 'server.db'), before.uid, before.gid);
  await giveToUser(server, now);
  assert.deepEqual(
    await owners(within),
    within.map(() => '5151:5152'),
  );
});
