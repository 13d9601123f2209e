// D01, D09: health checks that write, fork and hang without end.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { processesIn } from '../../runtime/kernel/cgroups.ts';
import { expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { residentBytes } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';

let engine: RunningEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'checks');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

interface Health {
  readonly FailingStreak: number;
  readonly Log: readonly { readonly Output: string }[];
}
async function healthOf(name: string): Promise<Health> {
  const body = await expect(host.socket, `GET /containers/${name}/json`, 200);
  return (body as { State: { Health: Health } }).State.Health;
}

/** Processes that work for the host from outside of its containers. */
const monitors = (): number => processesIn(`${host.group}/monitors`).length;

/** As often as it may, and each is over after so long. */
const often = { Interval: 1e6, Timeout: 3e8 };

async function checked(name: string, script: string, times: number): Promise<void> {
  await host.run(name, ['sleep', '1000'], { Healthcheck: { ...often, Test: ['CMD-SHELL', script] } });
  await untilChecked(name, times);
}

async function untilChecked(name: string, times: number): Promise<void> {
  // Each may take as long as a busy machine needs for it.
  for (let time = 1; time <= times; time++)
    await until(`${name} was checked ${time} times`, async () => (await healthOf(name)).FailingStreak >= time);
}

test('D01 a check that hangs leaves nothing behind when its time is over, however often it is made', async () => {
  const before = monitors();
  await checked('hangs', 'sleep 1001 & sleep 1002 | sleep 1003', 8);
  const { Id } = (await expect(host.socket, 'GET /containers/hangs/json', 200)) as { Id: string };
  await expect(host.socket, 'POST /containers/hangs/pause', 204);
  // Its own process, and a check that was under way: a shell and three that sleep, under its conmon and runtime. Those of the
  // check before it may still be on their way out.
  await until('one check is in the container', () => processesIn(`${host.group}/${Id}`, true).length <= 6);
  await until('one check is worked for', () => monitors() - before <= 4);
  await expect(host.socket, 'DELETE /containers/hangs?force=1', 204);
});

test('D09 a check that writes without end costs the engine no memory', async () => {
  // How many pieces are on their way at once is settled by then.
  await checked('writes', 'yes', 3);
  const before = residentBytes(engine.pid);
  await untilChecked('writes', 11);
  const { Log } = await healthOf('writes');
  for (const { Output } of Log) assert.ok(Output.length < 4200, `a result has ${Output.length} characters`);
  // Pieces that are done with stay until the next garbage collection; the checks go on, and what is kept would only grow.
  await until('the engine is as large as before', () => residentBytes(engine.pid) - before < 50 * 1024 ** 2);
  await expect(host.socket, 'DELETE /containers/writes?force=1', 204);
});

test('D01 a check that forks without end hits its container’s limit alone, and is over with the container', async () => {
  const before = monitors();
  const Healthcheck = { ...often, Test: ['CMD-SHELL', 'f() { f | f & }; f'] };
  await host.run('forks', ['sleep', '1000'], { Healthcheck });
  await until('it was checked', async () => (await healthOf('forks')).Log.length > 0);
  assert.equal((await host.output(['true'])).exitCode, 0, 'another container starts beside it');
  await expect(host.socket, 'DELETE /containers/forks?force=1', 204);
  await until('nobody works for it', () => monitors() <= before);
});
