// Opening terminals: a shell that cannot be started leaves nothing and says why; no more of them than a host may have.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { EngineError } from '../../../runtime/index.ts';
import { maxTerminalsPerHost } from '../../../runtime/limits.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { conmonsOf } from '../../support/outside.ts';
import { TerminalReader } from '../../support/terminal-reader.ts';
import { until } from '../../support/until.ts';

let engine: TestEngine;
const size = { rows: 24, columns: 80 };

beforeAll(async () => {
  engine = await startEngine();
  await engine.client.createHost('desk');
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
});

const asRoot = async (...argv: string[]): Promise<void> => {
  const { exitCode, stderr } = await engine.client.run('desk', { argv, user: 'root' });
  assert.equal(exitCode, 0, stderr);
};

test('a terminal whose shell is missing says so, leaves nothing, and can be opened once the shell is there', async () => {
  const conmons = conmonsOf(engine.instance.run).length;
  await asRoot('mv', '/bin/bash', '/bin/bash.away');
  await assert.rejects(engine.client.openTerminal('desk', { id: 'main', ...size }), (error) => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.kind, 'invalid');
    assert.match(error.message, /exec: "\/bin\/bash": (executable file not found|stat .*no such file or directory)/);
    return true;
  });
  assert.deepEqual(await engine.client.terminals('desk'), []);
  assert.equal(existsSync(`${engine.instance.run}/hosts/desk/b/t-main`), false);
  await until('its conmon has ended', () => conmonsOf(engine.instance.run).length === conmons);
  // An engine that is started again finds nothing of it either.
  await engine.kill();
  await engine.start();
  assert.deepEqual(await engine.client.terminals('desk'), []);
  await asRoot('mv', '/bin/bash.away', '/bin/bash');
  await engine.client.openTerminal('desk', { id: 'main', ...size });
  const reader = await TerminalReader.attach(engine.client, 'desk', 'main', 0);
  await until('it has a prompt', () => reader.bytes.includes('$ '));
  reader.close();
  await engine.client.closeTerminal('desk', 'main');
  await until('it has ended', async () => (await engine.client.terminals('desk')).every(({ running }) => !running));
});

test('a terminal of a user who is not there, or in a directory that is not there, leaves nothing', async () => {
  for (const wrong of [{ user: 'nobody-here' }, { cwd: '/not/there' }]) {
    await assert.rejects(engine.client.openTerminal('desk', { id: 'wrong', ...size, ...wrong }), { kind: 'invalid' });
    assert.ok((await engine.client.terminals('desk')).every(({ id }) => id !== 'wrong'));
  }
  assert.ok(!readdirSync(`${engine.instance.run}/hosts/desk/b`).includes('t-wrong'));
});

test('however many are asked for at once, a host has no more terminals than it may have', async () => {
  const ids = Array.from({ length: maxTerminalsPerHost + 4 }, (_, number) => `at-once-${number}`);
  const opened = await Promise.allSettled(
    ids.map((id) => engine.client.openTerminal('desk', { id, ...size, argv: ['sleep', '1000'] })),
  );
  const refused = opened.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  for (const error of refused) assert.equal(error.kind, 'exhausted');
  assert.equal(opened.length - refused.length, maxTerminalsPerHost);
  await engine.client.closeTerminal('desk', 'at-once-0');
  await until('one has ended', async () => (await engine.client.terminals('desk')).some(({ running }) => !running));
  const same = { id: 'same', ...size, argv: ['sleep', '1000'] };
  const twice = await Promise.allSettled([same, same].map((options) => engine.client.openTerminal('desk', options)));
  assert.deepEqual(twice.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});
