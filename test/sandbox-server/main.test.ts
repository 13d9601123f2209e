// The server as a process: its flags, and how it ends.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'vitest';
import { closeCodes } from '../../sandbox-server/protocol.ts';
import { mainFile, spawnServer } from './server.ts';

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [mainFile, ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test('main says what its flags are', async () => {
  const { code, stdout } = await run('--help');
  assert.equal(code, 0);
  assert.match(stdout, /--engine PATH/);
});

test('main says in a sentence which flag is wrong, and ends with 1', async () => {
  const missing = await run('--port', '99999');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /--port: .*\n/);
  assert.match(missing.stderr, /--engine: /);
  assert.doesNotMatch(missing.stderr, / at .*\.ts:/, 'no stack');
  assert.equal((await run('--no-such-flag')).code, 1);
});

test('X17 SIGTERM ends the server with 0 within seconds, and pages are told to come back', async () => {
  await using running = await spawnServer();
  const { server, child } = running;
  const page = await server.enter(await server.open());
  const began = performance.now();
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.equal(await page.closed, closeCodes.restarting);
  assert.deepEqual(await exited, [0, null]);
  // X17 has it so; the server ends itself after four, whatever hangs.
  assert.ok(performance.now() - began < 10_000);
});

test('a session is still its student’s after the server was killed and started again', async () => {
  await using running = await spawnServer();
  const lab = await running.server.open();
  const exited = once(running.child, 'exit');
  running.child.kill('SIGKILL');
  await exited;
  const { port, dataDirectory } = running.server.settings;
  await using again = await spawnServer({ port, dataDirectory });
  assert.equal((await again.server.open('playground', lab.cookie)).session, lab.session);
});
