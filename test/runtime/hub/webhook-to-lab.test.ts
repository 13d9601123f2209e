// A webhook to a host of the lab: what a student's program there hears of a push, and that it is the lab's own host and no other.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { bindInside } from '../../../runtime/kernel/bind.ts';
import { DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { Receiver } from '../../support/receiver.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';

let engine: RunningEngine;
let host: DockerHost;
let other: DockerHost;
let receiver: Receiver;
let namespace: string;
const port = 9000;

beforeAll(async () => {
  engine = await sharedEngine();
  const { client } = engine;
  host = new DockerHost(engine, await client.createHost('hooked', { hostname: 'dev', link: 'hooked' }));
  other = new DockerHost(engine, await client.createHost('not-hooked', { hostname: 'stranger' }));
  namespace = host.info.hubAccount ?? '';
  const [fd = -1] = bindInside(host.info.pid, ['tcp'], '127.0.0.1', port, 0);
  receiver = await Receiver.open(fd);
});

afterAll(async () => {
  await receiver?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

test('a push of the lab is heard at a port of its host, and what it answers is kept as text', async () => {
  const { hub } = engine.client;
  const { id } = await hub.createWebhook(namespace, { url: `http://dev.lab:${port}/deploy`, actions: ['push'] });
  receiver.answer = (response) => void response.writeHead(200).end('<b>deployed</b>\u001b[31m');
  const { exitCode, stderr } = await host.shell(
    'docker pull busybox && docker tag busybox hub.drydock/$HUB_NAMESPACE/web:1 && docker push hub.drydock/$HUB_NAMESPACE/web:1',
  );
  assert.equal(exitCode, 0, stderr);
  const [arrived] = await receiver.all(1);
  assert.equal(arrived?.line, 'POST /deploy');
  assert.equal(arrived?.headers.host, `dev.lab:${port}`);
  const [event] = JSON.parse(arrived?.body ?? '').events;
  assert.deepEqual(
    [event.action, event.target.repository, event.target.tag, event.actor.name],
    ['push', `${namespace}/web`, '1', namespace],
  );
  await until('it is delivered', async () => (await hub.webhooks(namespace))[0]?.lastDelivery?.state === 'delivered');
  const [delivery] = await hub.deliveries(namespace, id);
  assert.equal(delivery?.answer, '<b>deployed</b> [31m');
});

test('another lab’s host is not there', async () => {
  const { hub } = engine.client;
  const { id } = await hub.createWebhook(namespace, { url: 'http://stranger.lab:9000/' });
  await hub.pingWebhook(namespace, id);
  await until('a try has failed', async () => (await hub.deliveries(namespace, id))[0]?.tries === 1);
  const [delivery] = await hub.deliveries(namespace, id);
  assert.equal(delivery?.message, `${namespace} is of no lab that has a host stranger`);
  assert.notEqual(other.info.hubAccount, namespace);
});
