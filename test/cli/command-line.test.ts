// The command line: help at every level, exit codes, errors as sentences.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { runDrydock } from '../support/command.ts';

const env = { ...process.env, DRYDOCK_CONFIG: '/dev/null', DRYDOCK_RUN: '/tmp/no-drydock-here' };

for (const args of [
  [],
  ['up'],
  ['down'],
  ['status'],
  ['doctor'],
  ['check'],
  ['settings'],
  ['host'],
  ['host', 'create'],
  ['host', 'shell'],
  ['hub'],
  ['hub', 'token'],
  ['hub', 'token', 'ls'],
  ['hub', 'audit'],
  ['hub', 'contents'],
  ['hub', 'webhook'],
  ['hub', 'webhook', 'add'],
]) {
  test(`drydock ${[...args, '--help'].join(' ')} prints its usage and succeeds`, async () => {
    const { exitCode, stdout, stderr } = await runDrydock(env, ...args, '--help');
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`^Usage: ${['drydock', ...args].join(' ')}`));
    assert.equal(stderr, '');
  });
}

test('--version prints the version of package.json', async () => {
  assert.match((await runDrydock(env, '--version')).stdout, /^\d+\.\d+\.\d+\n$/);
});

for (const args of [
  ['launch'],
  ['host', 'create'],
  ['host', 'paint', 'a'],
  ['status', '--yaml'],
  ['host', 'ls', 'extra'],
  ['hub', 'token', 'ann', '--scope', 'all'],
  ['hub', 'token', 'revoke', 'ann'],
  ['hub', 'audit', '--action', 'paint'],
  ['hub', 'contents'],
  ['hub', 'webhook', 'add', 'ann', 'http://dev.lab/', '--on', 'pull'],
]) {
  test(`drydock ${args.join(' ')} is wrong usage: exit code 2, told on standard error`, async () => {
    const { exitCode, stdout, stderr } = await runDrydock(env, ...args);
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error: /);
    assert.equal(stdout, '');
  });
}

for (const args of [['check'], ['hub', 'ls'], ['host', 'ls'], ['host', 'create', 'a'], ['host', 'rm', 'a']]) {
  test(`drydock ${args.join(' ')} without an engine says how to start one, and exits 1`, async () => {
    const { exitCode, stderr } = await runDrydock(env, ...args);
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /^drydock: No engine answers at \/tmp\/no-drydock-here\/engine.sock. Start one with npm start, or drydock up.\n$/,
    );
  });
}

test('status without an engine prints JSON all the same, and exits 1', async () => {
  const { exitCode, stdout } = await runDrydock(env, 'status', '--json');
  assert.equal(exitCode, 1);
  const report = JSON.parse(stdout);
  assert.equal(report.engine.pid, null);
  assert.deepEqual(report.hosts, []);
});

test('down where nothing runs succeeds', async () => {
  const { exitCode, stdout } = await runDrydock(env, 'down');
  assert.equal(exitCode, 0);
  assert.equal(stdout, 'Drydock was not running.\n');
});

test('settings lists every setting with its meaning', async () => {
  const { stdout } = await runDrydock(env, 'settings', '--json');
  const list = JSON.parse(stdout) as { name: string; value: string; from: string; meaning: string }[];
  const run = list.find(({ name }) => name === 'DRYDOCK_RUN');
  assert.equal(run?.value, '/tmp/no-drydock-here');
  assert.equal(run?.from, 'environment');
  for (const { name, meaning } of list) assert.match(meaning, /^[A-Z].*\.$/, name);
});

test('a wrong setting is one sentence, and exit code 1', async () => {
  const { exitCode, stderr } = await runDrydock({ ...env, DRYDOCK_PORT: 'x' }, 'status');
  assert.equal(exitCode, 1);
  assert.equal(stderr, 'drydock: DRYDOCK_PORT="x" is no whole number. See drydock settings.\n');
});
