// What cannot be started leaves nothing, wherever its start fails: no conmon that waits, no process, no bundle.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, test } from 'vitest';
import { namespaceFile } from '../../../cli/supervisor/run-directory.ts';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import type { FailedRun, FailingRun } from './engines-process.ts';

const script = fileURLToPath(new URL('engines-process.ts', import.meta.url));

let engine: TestEngine;
let host: DockerHost;
let container: string;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'runs');
  container = await host.create('box', ['sleep', 'infinity']);
  await engine.docker('runs', 'start', 'box');
});
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
});

async function failed(at: FailingRun['failsAt'], where: Pick<FailingRun, 'containerId' | 'insidePid' | 'args'>) {
  const { run } = engine.instance;
  const wanted: FailingRun = {
    ...where,
    run,
    group: host.group.slice(1),
    bundle: `${run}/hosts/runs/b/failing`,
    failsAt: at,
  };
  const nsenter = [`--mount=${namespaceFile(run)}`, process.execPath, script, JSON.stringify(wanted)];
  const { stdout } = await promisify(execFile)('nsenter', nsenter, { timeout: 60_000 });
  return JSON.parse(stdout) as FailedRun;
}

test('a process whose streams cannot be connected is never run, and its conmon is ended', async () => {
  for (const where of [
    { containerId: container, insidePid: host.info.pid, args: ['touch', '/ran'] },
    { containerId: `w${host.info.id}`, insidePid: null, args: ['touch', '/ran'] },
  ]) {
    assert.deepEqual(await failed('onReady', where), {
      message: 'start container: failed onReady',
      isBundleThere: false,
      monitors: [],
    });
  }
  assert.equal((await engine.docker('runs', 'exec', 'box', 'ls', '/ran')).exitCode, 1);
  assert.equal((await engine.client.run('runs', { argv: ['ls', '/ran'] })).exitCode, 2);
});

test('a process that cannot be recorded once it runs is ended', async () => {
  const where = { containerId: `w${host.info.id}`, insidePid: null, args: ['sleep', '54321'] };
  const { message, isBundleThere, monitors } = await failed('onRunning', where);
  assert.deepEqual(
    { message, isBundleThere, monitors },
    { message: 'start container: failed onRunning', isBundleThere: false, monitors: [] },
  );
  const running = async () => (await engine.client.run('runs', { argv: ['ps', '-eo', 'args'] })).stdout;
  await until('it has gone', async () => !(await running()).includes('sleep 54321'));
});
