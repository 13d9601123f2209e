// Verbs that are asked of one container at the same time: each is done whole or refused, and no process is left that nobody knows.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { rounds } from '../../support/soak.ts';
import { until } from '../../support/until.ts';
import { ask, expect } from '../api/exchange.ts';

const times = rounds(10);
const sleep = ['sleep', '1000'];
let engine: RunningEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'races');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** Asks for all at once, in this order; gives the answers' statuses. */
async function atOnce(...places: string[]): Promise<number[]> {
  return (await Promise.all(places.map((place) => ask(host.socket, place)))).map(({ status }) => status);
}

async function nothingIsLeft(): Promise<void> {
  await expect(host.socket, 'GET /containers/json?all=1', 200, []);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
}

describe('a start and a removal', () => {
  test('end with a container that runs, or with none', async () => {
    for (let round = 0; round < times; round++) {
      await host.create('one', sleep);
      const [started, removed] = await atOnce('POST /containers/one/start', 'DELETE /containers/one');
      const outcome = `start ${started}, rm ${removed}`;
      if (removed === 409) {
        assert.equal(started, 204, outcome);
        await expect(host.socket, 'GET /containers/one/json', 200, { State: { Running: true } });
        await expect(host.socket, 'DELETE /containers/one?force=1', 204);
      } else assert.ok(removed === 204 && (started === 404 || started === 409), outcome);
      await nothingIsLeft();
    }
  });

  test('by force end with none', async () => {
    for (let round = 0; round < times; round++) {
      await host.create('one', sleep);
      const [, removed] = await atOnce('POST /containers/one/start', 'DELETE /containers/one?force=1');
      assert.equal(removed, 204);
      await nothingIsLeft();
    }
  });

  test('by prune leave what was started', async () => {
    for (let round = 0; round < times; round++) {
      await host.create('one', sleep);
      const [started, pruned] = await atOnce('POST /containers/one/start', 'POST /containers/prune');
      assert.equal(pruned, 200);
      if (started === 204) await expect(host.socket, 'DELETE /containers/one?force=1', 204);
      await nothingIsLeft();
    }
  });
});

describe('starts and stops', () => {
  test('end as the last of them says', async () => {
    await host.create('one', sleep);
    for (let round = 0; round < times; round++) {
      const start = 'POST /containers/one/start';
      const stop = 'POST /containers/one/stop?t=0';
      const statuses = await atOnce(start, stop, start, stop, 'POST /containers/one/restart?t=0', stop);
      for (const status of statuses) assert.ok(status === 204 || status === 304, `${statuses}`);
      assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
      await atOnce(stop);
      await expect(host.socket, 'GET /containers/one/json', 200, { State: { Running: false, Pid: 0 } });
    }
    await expect(host.socket, 'DELETE /containers/one', 204);
    await nothingIsLeft();
  });
});

describe('the removal of a container that runs', () => {
  test('by force tells a kill, an end and a removal', async () => {
    await host.run('told', sleep);
    await expect(host.socket, 'DELETE /containers/told?force=1', 204);
    const filters = encodeURIComponent('{"container":{"told":true}}');
    const { body } = await ask(host.socket, `GET /events?since=1&until=${Date.now() / 1000}&filters=${filters}`);
    const actions = [...String(body).matchAll(/"Action":"(\w+)"/g)].map(([, action]) => action);
    assert.deepEqual(actions, ['create', 'start', 'kill', 'die', 'destroy']);
  });
});

test('a paused container that is asked to end is not called paused while it runs', async () => {
  const polite = 'trap "until [ -e /go ]; do sleep 0.05; done; exit 3" TERM; echo ready; while :; do sleep 0.05; done';
  const pid = await host.run('polite', ['sh', '-c', polite]);
  await until('it minds the signal', async () =>
    String((await ask(host.socket, 'GET /containers/polite/logs?stdout=1')).body).includes('ready'),
  );
  await expect(host.socket, 'POST /containers/polite/pause', 204);
  const stopping = expect(host.socket, 'POST /containers/polite/stop?t=60', 204);
  await until('it is said to run', async () => {
    const { body } = await ask(host.socket, 'GET /containers/polite/json');
    return (body as { State: { Status: string } }).State.Status === 'running';
  });
  writeFileSync(`/proc/${pid}/root/go`, '');
  await stopping;
  await expect(host.socket, 'GET /containers/polite/json', 200, { State: { ExitCode: 3 } });
  await expect(host.socket, 'DELETE /containers/polite', 204);
  await nothingIsLeft();
});

test('a pause and a removal by force at once end with no container', async () => {
  for (let round = 0; round < times; round++) {
    await host.run('one', sleep);
    const [, removed] = await atOnce('POST /containers/one/pause', 'DELETE /containers/one?force=1');
    assert.equal(removed, 204);
    await nothingIsLeft();
  }
});
