// Whether one container reaches another, told from outside: as the container itself would find it out.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { expect, expectSending } from '../api/exchange.ts';

let engine: RunningEngine;
let host: DockerHost;
const serve = ['sh', '-c', 'while true; do nc -l -p 80 -e true; done'];

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'connections');
  for (const Name of ['front', 'back']) await expectSending(host.socket, 'POST /networks/create', { Name }, 201);
  await host.run('db', serve, {
    HostConfig: { NetworkMode: 'back' },
    NetworkingConfig: { EndpointsConfig: { back: { Aliases: ['database'] } } },
  });
  await host.run('app', ['sleep', '1000'], { HostConfig: { NetworkMode: 'front', ExtraHosts: ['written:127.0.0.1'] } });
  await host.run('plain', serve);
  await host.run('other', ['sleep', '1000']);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

async function told(from: string, to: string, port = 80): Promise<string> {
  const { from: state, toRuns, address, outcome } = await engine.client.tryConnection(host.name, { from, to, port });
  return [state, toRuns ? 'there' : 'not there', address === null ? 'no address' : 'an address', outcome].join(', ');
}

/** Between two connections its server does not listen for a moment. */
const becomes = (from: string, to: string, text: string): Promise<void> =>
  until(`${from} and ${to}: ${text}`, async () => (await told(from, to)) === text);

test('containers on one network of the student’s own find one another by name and alias, and on others not', async () => {
  assert.equal(await told('app', 'db'), 'running, there, no address, unasked');
  await expectSending(host.socket, 'POST /networks/back/connect', { Container: 'app' }, 200);
  for (const name of ['db', 'DB', 'database']) await becomes('app', name, 'running, there, an address, open');
  await becomes('app', 'db.back', 'running, not there, an address, open');
  assert.equal(await told('app', 'db', 81), 'running, there, an address, refused');
  assert.equal(await told('db', 'app'), 'running, there, an address, refused');
  await expectSending(host.socket, 'POST /networks/back/disconnect', { Container: 'app' }, 200);
  assert.equal(await told('app', 'db'), 'running, there, no address, unasked');
});

test('on the default network there are addresses and no names', async () => {
  assert.equal(await told('other', 'plain'), 'running, there, no address, unasked');
  const { NetworkSettings } = (await expect(host.socket, 'GET /containers/plain/json', 200)) as {
    NetworkSettings: { IPAddress: string };
  };
  const address = NetworkSettings.IPAddress;
  await becomes('other', address, 'running, not there, an address, open');
  const beganMs = performance.now();
  assert.match(await told('app', address), /an address, silent$/, 'from another network there is no way');
  // Half a second, on a machine that may be busy itself; the kernel would try for two minutes.
  assert.ok(performance.now() - beganMs < 20_000);
});

test('what stands in /etc/hosts of a container counts, and nothing in there is more than a line', async () => {
  assert.equal(await told('app', 'written'), 'running, not there, an address, refused');
  assert.equal(await told('app', 'localhost'), 'running, not there, an address, refused');
  for (const to of ['x; reboot', '../..', '::1', '999.1.1.1', '1', '-', 'a'.repeat(250), '__proto__', 'é'])
    assert.match(await told('app', to), /, unasked$/, to);
});

test('a container that is not there or does not run connects to nothing', async () => {
  assert.equal(await told('nobody', 'db'), 'missing, there, no address, unasked');
  await host.create('made', ['true']);
  assert.equal(await told('made', 'db'), 'stopped, there, no address, unasked');
  await expect(host.socket, 'POST /containers/db/stop?t=0', 204);
  assert.equal(await told('app', 'db'), 'running, not there, no address, unasked');
});
