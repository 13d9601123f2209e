// Health checks go on over whatever happens to the engine and to the host.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { expect } from '../api/exchange.ts';

let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'healthy');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

interface Health {
  readonly Status: string;
  readonly Log: readonly { readonly End: string }[];
}
async function healthOf(name: string): Promise<Health> {
  const body = await expect(host.socket, `GET /containers/${name}/json`, 200);
  return (body as { State: { Health: Health } }).State.Health;
}
const isHealthy = async (name: string): Promise<boolean> => (await healthOf(name)).Status === 'healthy';

/** Each check that has begun leaves a file. */
const Healthcheck = { Test: ['CMD-SHELL', 'touch /looked'], Interval: 2e8 };
/** Another check has begun since. */
async function untilLooked(pid: number): Promise<void> {
  const file = `/proc/${pid}/root/looked`;
  rmSync(file, { force: true });
  await until('it was looked at', () => existsSync(file));
}

test('X05 an engine that is killed finds a healthy container healthy, and goes on checking it', async () => {
  const pid = await host.run('kept', ['sleep', '1000'], { Healthcheck });
  await until('it is healthy', () => isHealthy('kept'));
  await engine.kill();
  await engine.start();
  assert.equal((await healthOf('kept')).Status, 'healthy');
  await untilLooked(pid);
});

test('nothing is checked in a host that is frozen, and all goes on once it is thawed', async () => {
  const pid = await host.pidOf('kept');
  await engine.client.freezeHost(host.name);
  const file = `/proc/${pid}/root/looked`;
  rmSync(file, { force: true });
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(existsSync(file), false);
  await engine.client.thawHost(host.name);
  await untilLooked(pid);
  assert.equal((await healthOf('kept')).Status, 'healthy');
});

test('a host that is stored and started again has its containers checked anew', async () => {
  await engine.client.storeHost(host.name);
  await engine.client.startHost(host.name);
  await until('it is healthy', () => isHealthy('kept'));
  await untilLooked(await host.pidOf('kept'));
});

test('an image says how its containers are checked, and a container may say otherwise', async () => {
  const change = 'HEALTHCHECK --interval=200ms --retries=2 CMD test -e /well';
  await host.import('checked', [{ name: 'x', content: Buffer.from('') }], [change]);
  const Config = { Healthcheck: { Test: ['CMD-SHELL', 'test -e /well'], Interval: 2e8, Retries: 2 } };
  await expect(host.socket, 'GET /images/checked/json', 200, { Config });
  await host.create('as-image', ['x'], { Image: 'checked', Healthcheck: { Interval: 1e9 } });
  await expect(host.socket, 'GET /containers/as-image/json', 200, {
    Config: { Healthcheck: { ...Config.Healthcheck, Interval: 1e9 } },
  });
  await host.create('not', ['x'], { Image: 'checked', Healthcheck: { Test: ['NONE'] } });
  await expect(host.socket, 'GET /containers/not/json', 200, { Config: { Healthcheck: { Test: ['NONE'] } } });
});
