// What is told of a process that ended without a word: nobody wrote its exit code, and its parent is no conmon.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { test } from 'vitest';
import { startTicksOf } from '../../../runtime/kernel/processes.ts';
import { ExitWatch } from '../../../runtime/processes/exits.ts';
import { testRun } from '../../support/instance.ts';

test('a process whose conmon is gone is told of after two looks, whoever its parent is now', {
  timeout: 20_000,
}, async ({ onTestFinished }) => {
  const directory = await mkdtemp(`/tmp/${testRun}-exits-`);
  const watch = new ExitWatch(directory);
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    watch.close();
    await rm(directory, { recursive: true });
  });
  // Where the process is left to the init of its namespace, that goes on for as long as the host: so does this test's process.
  const told = Promise.withResolvers<number>();
  const pid = child.pid ?? 0;
  watch.expect('one', { pid, startTicks: startTicksOf(pid) }, told.resolve);
  child.kill('SIGKILL');
  // The looks alone keep no process alive.
  const alive = setInterval(() => undefined, 1000);
  onTestFinished(() => clearInterval(alive));
  assert.equal(await told.promise, 255);
});
