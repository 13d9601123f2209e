// How containers and what runs in them end, and what of it is told afterwards.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { ask, expect } from '../api/exchange.ts';

const MiB = 1024 * 1024;
let engine: TestEngine;
let host: DockerHost;

before(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'ends');
});

after(async () => {
  await engine[Symbol.asyncDispose]();
});

/** The actions that were told of a container, oldest first. */
async function actionsOf(container: string): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ container: { [container]: true } }));
  const { body } = await ask(host.socket, `GET /events?since=1&until=${Date.now() / 1000}&filters=${filters}`);
  const lines = typeof body === 'string' ? body.split('\n').filter(Boolean) : [JSON.stringify(body)];
  return lines.map((line) => (JSON.parse(line) as { Action: string }).Action);
}

describe('a container that runs out of memory', () => {
  test('ends with 137, says so in inspect and in the events, and leaves nothing on the machine', async () => {
    rmSync('/oom', { force: true });
    const eat = ['sh', '-c', 'exec dd if=/dev/zero of=/dev/null bs=64M count=1'];
    await host.create('hungry', eat, { HostConfig: { Memory: 16 * MiB } });
    await expect(host.socket, 'POST /containers/hungry/start', 204);
    await expect(host.socket, 'POST /containers/hungry/wait', 200, { StatusCode: 137 });
    await expect(host.socket, 'GET /containers/hungry/json', 200, { State: { OOMKilled: true, ExitCode: 137 } });
    assert.deepEqual(await actionsOf('hungry'), ['create', 'start', 'oom', 'die']);
    assert.ok(!existsSync('/oom'));
  });
});
