// A host that ran when its engine was shut down, or when the machine went down, runs again after the next start, with the
// containers that ran; and nobody ever sees them stopped in between.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { ask, expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';

let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'ran');
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
});

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
}
interface Inspected {
  readonly Id: string;
  readonly State: { readonly Status: string; readonly StartedAt: string };
  readonly NetworkSettings: { readonly IPAddress: string; readonly Ports: object };
}
const inspect = async (name: string): Promise<Inspected> =>
  (await expect(host.socket, `GET /containers/${name}/json`, 200)) as Inspected;
const placeOf = async (name: string) => {
  const { Id, State, NetworkSettings } = await inspect(name);
  return { Id, Status: State.Status, IPAddress: NetworkSettings.IPAddress, Ports: NetworkSettings.Ports };
};

/** The first that anybody can see of the host's containers, asked for without a pause until it answers. */
async function firstSeen(): Promise<readonly Listed[]> {
  let seen: readonly Listed[] | null = null;
  await until('its Docker answers', async () => {
    const answer = await ask(host.socket, 'GET /containers/json?all=1').catch(() => null);
    if (answer?.status === 200) seen = answer.body as Listed[];
    return seen !== null;
  });
  return seen ?? [];
}

const names = ['web', 'paused', 'temporary'];
const stateOf = (listed: readonly Listed[], name: string): string | undefined =>
  listed.find(({ Names }) => Names.includes(`/${name}`))?.State;

async function runsAgain(end: () => Promise<void>): Promise<void> {
  const were = await Promise.all(names.map(placeOf));
  const since = Date.now();
  await end();
  const seen = await firstSeen();
  const states = { web: 'running', paused: 'paused', temporary: 'running', ended: 'exited' };
  for (const [name, state] of Object.entries(states)) assert.equal(stateOf(seen, name), state, name);
  assert.deepEqual(await Promise.all(names.map(placeOf)), were);
  assert.ok(Date.parse((await inspect('web')).State.StartedAt) >= since, 'it was started anew');
  assert.equal((await inspect('ended')).State.Status, 'exited');
  const { state, interrupted } = await engine.client.host('ran');
  assert.deepEqual({ state, interrupted }, { state: 'running', interrupted: [] });
  assert.equal((await host.shell('cat /home/student/file')).stdout, 'kept\n');
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
}

test('H09 X05 what ran when the engine was shut down runs again after its next start, and is never seen stopped', async () => {
  const port = { '80/tcp': [{ HostIp: '', HostPort: '8080' }] };
  await host.run('web', ['sh', '-c', 'exec httpd -f'], { HostConfig: { PortBindings: port } });
  await host.run('paused', ['sleep', '1000']);
  await expect(host.socket, 'POST /containers/paused/pause', 204);
  await host.run('temporary', ['sleep', '1000'], { HostConfig: { AutoRemove: true } });
  await host.create('ended', ['true']);
  await expect(host.socket, 'POST /containers/ended/start', 204);
  await until('it has ended', async () => (await inspect('ended')).State.Status === 'exited');
  await host.shell('echo kept >/home/student/file; sync');
  await engine.client.createHost('frozen');
  await engine.client.freezeHost('frozen');
  await runsAgain(async () => {
    await engine.shutdown();
    await engine.start();
  });
  assert.equal((await engine.client.host('frozen')).state, 'stopped', 'nobody was there: it waits for somebody');
  await engine.client.removeHost('frozen');
});

test('X10 after a reboot, where every process and mount is gone, what ran runs again', async () => {
  await runsAgain(() => engine.reboot());
});

test('a workspace that ends by itself has its containers again with its next start', async () => {
  const { pid } = await engine.client.host('ran');
  await runsAgain(async () => {
    process.kill(pid, 'SIGKILL');
    await until('the host is stopped', async () => (await engine.client.host('ran')).state === 'stopped');
    await engine.client.startHost('ran');
  });
});

test('an engine that is killed while it shuts down leaves what ran to be started by the next', async () => {
  await runsAgain(async () => {
    void engine.client.shutdown().catch(() => undefined);
    // `temporary` is PID 1 and deaf to SIGTERM: the host takes its two seconds.
    await until('it is being put away', async () => !(await ask(host.socket, 'GET /_ping').catch(() => null)));
    await engine.kill();
    await engine.start();
  });
});

test('a container that cannot be started again is told to have ended with its host, until it is started', async () => {
  await host.run('once', ['sh', '-c', 'rm /bin/sh; exec sleep 1000']);
  // The start of a container returns before its shell has removed its own file.
  const { exitCode } = await host.shell('while docker exec once test -e /bin/sh; do sleep 0.05; done');
  assert.equal(exitCode, 0);
  const { Id } = await inspect('once');
  await engine.shutdown();
  await engine.start();
  assert.equal(stateOf(await firstSeen(), 'once'), 'exited');
  assert.deepEqual((await engine.client.host('ran')).interrupted, [Id]);
  await engine.shutdown();
  await engine.start();
  await firstSeen();
  assert.deepEqual((await engine.client.host('ran')).interrupted, [Id], 'the next start knows it, too');
  await engine.client.takeSnapshot('ran', 'later');
  await host.shell('true');
  assert.equal((await ask(host.socket, `DELETE /containers/${Id}`)).status, 204);
  assert.deepEqual((await engine.client.host('ran')).interrupted, []);
});
