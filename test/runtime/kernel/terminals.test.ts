// The devpts file systems of a host, which its containers use one after the other.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'vitest';
import { insideNewMountNamespace } from '../../../runtime/kernel/namespaces.ts';
import { mountTerminalsAt } from '../../../runtime/kernel/terminals.ts';

const owner = 1_879_048_192;

test('a host has as many as it may, however long a student holds them', async () => {
  const folder = mkdtempSync('/tmp/terminals-');
  const places = path.join(folder, 'places');
  const directory = path.join(folder, 'mounted');
  mkdirSync(places);
  mkdirSync(directory);
  const keeper = spawn('unshare', ['--mount', 'sh', '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const held: number[] = [];
  try {
    await once(keeper.stdout, 'data');
    const { pid = 0 } = keeper;
    /** What a container that starts gets: the number, and a descriptor of its /dev/pts. */
    const take = (free: readonly number[]): { place: number; at: string; device: number } =>
      insideNewMountNamespace(() => {
        const place = mountTerminalsAt({ keeper: pid, directory: places, free }, { directory, owner, most: 2 });
        const fd = openSync(directory, 'r');
        held.push(fd);
        return { place, at: `/proc/self/fd/${fd}`, device: fstatSync(fd).dev };
      });
    const open = (at: string): number => held.push(openSync(`${at}/ptmx`, 'r+'));

    const first = take([0, 1]);
    assert.equal(first.place, 0);
    chmodSync(first.at, 0o700);
    chmodSync(`${first.at}/ptmx`, 0);
    chownSync(`${first.at}/ptmx`, owner + 5, owner + 5);
    assert.deepEqual({ ...take([0, 1]), at: '' }, { ...first, at: '' }, 'nobody has a terminal of it');
    const { mode, uid, gid } = statSync(`${first.at}/ptmx`);
    assert.deepEqual([(mode & 0o777).toString(8), uid, gid], ['666', owner, owner]);
    assert.equal((statSync(first.at).mode & 0o777).toString(8), '755');

    assert.equal(take([1]).place, 1, 'another container uses the first');
    open(first.at);
    const second = take([0, 1]);
    assert.equal(second.place, 1, 'somebody has a terminal of the first');
    assert.notEqual(second.device, first.device);
    open(second.at);
    const third = take([0, 1]);
    assert.deepEqual([third.place, third.device], [0, first.device], 'there are no more than two');
    open(third.at);
    assert.throws(() => open(third.at), /ENOSPC/);
  } finally {
    for (const fd of held) closeSync(fd);
    keeper.stdin.end();
    await once(keeper, 'exit');
    rmSync(folder, { recursive: true });
  }
});
