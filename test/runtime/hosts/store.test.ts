// A stored host: nothing of it runs or holds memory, and it comes back with its files and with the containers that ran.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { conmonsOf, unifiedCgroups } from '../../support/outside.ts';
import { until } from '../../support/until.ts';
import { ask, expect } from '../api/exchange.ts';

let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'away');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Status: string; readonly ExitCode: number };
  readonly NetworkSettings: { readonly IPAddress: string; readonly Ports: object };
}
const inspect = async (name: string): Promise<Inspected> =>
  (await expect(host.socket, `GET /containers/${name}/json`, 200)) as Inspected;
const groupThere = (): boolean => existsSync(`/sys/fs/cgroup${unifiedCgroups ? '' : '/memory'}${host.group}`);

test('a stored host has no process and no memory, and comes back as it was', async () => {
  const polite = 'trap "echo said goodbye >>/goodbye; exit 0" TERM; touch /ready; while :; do usleep 20000; done';
  const trapped = await host.run('polite', ['sh', '-c', polite]);
  await until('its trap is set', () => existsSync(`/proc/${trapped}/root/ready`));
  await host.run('deaf', ['sleep', '1000'], {
    HostConfig: { AutoRemove: true, PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '' }] } },
  });
  await host.create('ended', ['true']);
  await expect(host.socket, 'POST /containers/ended/start', 204);
  await until('it has ended', async () => (await inspect('ended')).State.Status === 'exited');
  await host.run('paused', ['sleep', '1000']);
  await expect(host.socket, 'POST /containers/paused/pause', 204);
  const before = await Promise.all(['polite', 'deaf', 'paused'].map(inspect));
  await engine.client.openTerminal('away', { id: 'main', rows: 24, columns: 80 });
  await host.shell('echo kept >/home/student/file; nohup sleep 1000 >/dev/null 2>&1 &');

  await engine.client.storeHost('away');
  await engine.client.storeHost('away');
  const stored = await engine.client.host('away');
  assert.equal(stored.state, 'stopped');
  assert.equal(stored.pid, 0);
  assert.equal(groupThere(), false);
  await until('its conmons have ended', () => conmonsOf(engine.instance.run).length === 0);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });

  const back = await engine.client.startHost('away');
  assert.equal(back.state, 'running');
  assert.equal(back.containersRunning, 3);
  assert.equal(back.terminals, 0);
  assert.equal((await host.shell('cat /home/student/file')).stdout, 'kept\n');
  for (const was of before) {
    const is = await inspect(was.Id);
    assert.equal(is.State.Status, was.State.Status);
    assert.deepEqual(is.NetworkSettings.Ports, was.NetworkSettings.Ports);
    assert.equal(is.NetworkSettings.IPAddress, was.NetworkSettings.IPAddress);
  }
  assert.equal((await inspect('ended')).State.ExitCode, 0);
  const pid = await host.pidOf('polite');
  assert.ok(existsSync(`/proc/${pid}/root/goodbye`), 'it was asked to end, and had the time for it');
});

test('--rm holds again once the container ends by itself', async () => {
  await expect(host.socket, 'POST /containers/deaf/stop?t=0', 204);
  await until('it is gone', async () => (await ask(host.socket, 'GET /containers/deaf/json')).status === 404);
});

test('a snapshot of a stored host is one of what ran before', async () => {
  await engine.client.storeHost('away');
  assert.equal((await engine.client.takeSnapshot('away', 'stored')).containersRunning, 2);
  assert.equal((await engine.client.host('away')).state, 'stopped');
  await engine.client.startHost('away');
  await expect(host.socket, 'DELETE /containers/polite?force=1', 204);
  assert.equal((await engine.client.restoreSnapshot('away', 'stored')).containersRunning, 2);
  assert.equal((await inspect('polite')).State.Status, 'running');
});

test('what was stored before the engine ended is not started by the next, and runs again when it is asked for', async () => {
  await engine.client.storeHost('away');
  await engine.kill();
  await engine.start();
  assert.equal((await engine.client.host('away')).state, 'stopped');
  await engine.shutdown();
  await engine.start();
  assert.equal((await engine.client.host('away')).state, 'stopped');
  assert.equal((await engine.client.startHost('away')).containersRunning, 2);
  assert.equal((await inspect('polite')).State.Status, 'running');
});
