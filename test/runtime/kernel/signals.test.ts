// Signals to processes: to the one that was meant, and to no other that has its number by now.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'vitest';
import { signalProcess, startTicksOf } from '../../../runtime/kernel/processes.ts';

test('a signal reaches the process that started at that moment, and none that started at another', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const startTicks = startTicksOf(pid);
  assert.ok(startTicks > 0);
  assert.equal(signalProcess({ pid, startTicks: startTicks - 1 }, 'SIGKILL'), false);
  assert.equal(signalProcess({ pid, startTicks: 0 }, 'SIGKILL'), false);
  assert.equal(child.exitCode ?? child.signalCode, null);
  assert.equal(signalProcess({ pid, startTicks }, 'SIGTERM'), true);
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
  assert.equal(signalProcess({ pid, startTicks }, 'SIGTERM'), false);
  assert.equal(signalProcess({ pid: 0, startTicks: 0 }, 'SIGTERM'), false);
});
