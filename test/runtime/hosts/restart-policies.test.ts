// Restart policies go on over whatever happens to the engine and to the host.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { expect } from '../api/exchange.ts';

let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'policies');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

interface Inspected {
  readonly RestartCount: number;
  readonly State: { readonly Status: string; readonly StartedAt: string; readonly ExitCode: number };
}
const inspect = async (name: string): Promise<Inspected> =>
  (await expect(host.socket, `GET /containers/${name}/json`, 200)) as Inspected;
const statusOf = async (name: string): Promise<string> => (await inspect(name)).State.Status;
const restartsOf = async (name: string): Promise<number> => (await inspect(name)).RestartCount;
const withPolicy = (Name: string) => ({ HostConfig: { RestartPolicy: { Name } } });
const untilGo = (code: number) => ['sh', '-c', `until [ -e /go ]; do usleep 20000; done; rm /go; exit ${code}`];
/** Lets it end, without the engine. */
const go = (pid: number): void => writeFileSync(`/proc/${pid}/root/go`, '');

test('X03 a container that ended while no engine was there is started again by its policy, unless it was to end', async () => {
  const failing = await host.run('failing', untilGo(1), withPolicy('on-failure'));
  const done = await host.run('done', untilGo(0), withPolicy('on-failure'));
  const deaf = 'trap "touch /asked" TERM; touch /ready; until [ -e /go ]; do usleep 20000; done';
  const stopped = await host.run('stopped', ['sh', '-c', deaf], withPolicy('always'));
  await until('its trap is set', () => existsSync(`/proc/${stopped}/root/ready`));
  const stop = expect(host.socket, 'POST /containers/stopped/stop', 204).catch(() => undefined);
  await until('it was asked to end', () => existsSync(`/proc/${stopped}/root/asked`));
  await engine.kill();
  await stop;
  for (const pid of [failing, done, stopped]) go(pid);
  await engine.start();
  await until('it was started again', async () => (await restartsOf('failing')) === 1);
  await until('the other has ended', async () => (await statusOf('done')) === 'exited');
  await until('what was stopped has ended', async () => (await statusOf('stopped')) === 'exited');
  assert.deepEqual([await restartsOf('done'), await restartsOf('stopped')], [0, 0]);
});

test('X03 a container that waited for its restart when the engine was killed is started again', async () => {
  await host.create('waiting', ['sh', '-c', '[ -e /well ] && exec sleep 1000; exit 1'], withPolicy('always'));
  await expect(host.socket, 'POST /containers/waiting/start', 204);
  await until('it waits for long', async () => (await restartsOf('waiting')) >= 5);
  await engine.kill();
  await engine.start();
  await until('it is started again', async () => (await restartsOf('waiting')) >= 6);
  await expect(host.socket, 'DELETE /containers/waiting?force=1', 204);
});

test('what waits for its restart when its host is stored is started with it, and its policy goes on', async () => {
  await host.create('stored', ['false'], withPolicy('always'));
  await expect(host.socket, 'POST /containers/stored/start', 204);
  await until('it waits for a second or more', async () => (await restartsOf('stored')) >= 4);
  // Those that are still being started when it has ended again already.
  const others = Array.from({ length: 8 }, (_, index) => `other-${index}`);
  await Promise.all(others.map((name) => host.run(name, ['sleep', '1000'])));
  await engine.client.storeHost(host.name);
  await engine.client.startHost(host.name);
  const before = await restartsOf('stored');
  await until('it was started again', async () => (await restartsOf('stored')) > before);
  assert.equal(await statusOf('stopped'), 'exited');
  for (const name of ['stored', ...others]) await expect(host.socket, `DELETE /containers/${name}?force=1`, 204);
});

test('nothing is restarted in a host that is frozen, and all that was due once it is thawed', async () => {
  await host.create('frozen', ['false'], withPolicy('always'));
  await expect(host.socket, 'POST /containers/frozen/start', 204);
  // It waits for 800 ms or more, but may be started before the host is frozen.
  await until('it waits in a host that is frozen', async () => {
    if ((await restartsOf('frozen')) < 4) return false;
    await engine.client.freezeHost(host.name);
    if ((await statusOf('frozen')) === 'restarting') return true;
    await engine.client.thawHost(host.name);
    return false;
  });
  const before = await restartsOf('frozen');
  await new Promise((resolve) => setTimeout(resolve, 150 * 2 ** (before - 1)));
  assert.deepEqual([await statusOf('frozen'), await restartsOf('frozen')], ['restarting', before]);
  await engine.client.thawHost(host.name);
  await until('it was started', async () => (await restartsOf('frozen')) > before);
});

test('a host that is removed takes what waits with it', async () => {
  const other = await createDockerHost(engine, 'gone');
  await other.create('waiting', ['false'], withPolicy('always'));
  await expect(other.socket, 'POST /containers/waiting/start', 204);
  await engine.client.removeHost('gone');
  assert.doesNotMatch(engine.log(), /"level":50/);
  assert.deepEqual((await engine.client.check()).findings, []);
});
