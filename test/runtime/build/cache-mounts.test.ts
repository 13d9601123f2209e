// The caches of `RUN --mount` where something goes wrong: who waits, who gives up, and what is pruned meanwhile.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { CacheMounts, type UsedCache } from '../../../runtime/build/execute/cache-mounts.ts';
import { maxCacheMounts } from '../../../runtime/limits.ts';

let directory: string;
let caches: CacheMounts;
const none = new AbortController().signal;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'caches-'));
  caches = new CacheMounts({ directory, uidBase: process.getuid?.() ?? 0 });
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const shared = (id: string): Promise<UsedCache> => caches.use(id, 'shared', none);
const locked = (id: string, signal = none): Promise<UsedCache> => caches.use(id, 'locked', signal);
const leave = async (...used: UsedCache[]): Promise<void> => {
  for (const one of used) await one[Symbol.asyncDispose]();
};

test('one that cannot be made is had by the next who asks, once there is room', async () => {
  for (let at = 0; at < maxCacheMounts; at++) await leave(await shared(`cache ${at}`));
  await assert.rejects(locked('one more'), { kind: 'exhausted' });
  await caches.clear();
  const found = await locked('one more');
  assert.equal(found.isNew, true);
  await leave(found);
});

test('who gives up while another has it is gone at once, and does not keep it from the next', async () => {
  const first = await locked('one');
  const given = new AbortController();
  const second = locked('one', given.signal);
  const third = locked('one');
  given.abort(new Error('given up'));
  await assert.rejects(second, /given up/);
  await leave(first);
  const last = await third;
  assert.deepEqual([last.path, last.isNew], [first.path, false]);
  await leave(last);
});

test('one that somebody has is not pruned, also where nobody else will have it', async () => {
  const [one, other] = [await caches.use('one', 'private', none), await caches.use('one', 'private', none)];
  assert.notEqual(one.path, other.path);
  await caches.clear();
  assert.deepEqual(
    [one, other].map((each) => fs.existsSync(each.path)),
    [true, true],
  );
  await leave(other);
  assert.equal(fs.existsSync(other.path), false);
  await leave(one);
  assert.equal(fs.existsSync(one.path), true);
  await caches.clear();
  assert.equal(fs.existsSync(one.path), false);
});

test('what an engine has left that was killed is gone with the next, and its caches are there', async () => {
  await leave(await shared('kept'));
  const left = await caches.use('kept', 'private', none);
  const own = await caches.use('kept', 'private', none);
  fs.writeFileSync(`${own.path}/file`, '');
  const next = new CacheMounts({ directory, uidBase: process.getuid?.() ?? 0 });
  await next.tidied;
  assert.equal(fs.existsSync(own.path), false);
  const again = await next.use('kept', 'shared', none);
  assert.deepEqual([again.path, again.isNew], [left.path, false]);
});
