// Processes are known by number and start time.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'vitest';
import { identify, isAlive, signalProcess, waitUntilGone } from '../../cli/processes.ts';

test('a process is alive until it ends, and is not signalled after', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  assert.ok(isAlive(identity));
  assert.equal(await waitUntilGone(identity, 0), false);
  assert.ok(signalProcess(identity, 'SIGTERM'));
  await exit;
  assert.equal(await waitUntilGone(identity, 1000), true);
  assert.equal(signalProcess(identity, 'SIGKILL'), false);
});

test('X10: another process with the same number is not taken for it', () => {
  const self = identify(process.pid);
  assert.ok(self);
  assert.equal(isAlive({ pid: self.pid, startTicks: self.startTicks - 1 }), false);
});
