// D: what one student's programs may take of the hub: connections, the event loop, the registry's patience. A neighbour's pull goes on.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type net from 'node:net';
import { afterAll, beforeAll, test } from 'vitest';
import { dialInside } from '../../runtime/kernel/dial.ts';
import { startTicksOf } from '../../runtime/kernel/processes.ts';
import { maxHubConnectionsPerHost } from '../../runtime/limits.ts';
import { hubAddress, hubRealPort } from '../../runtime/networks/hub-address.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';

let engine: RunningEngine;
let attacker: DockerHost;
let neighbour: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  attacker = await createDockerHost(engine, 'hub-attacker');
  neighbour = await createDockerHost(engine, 'hub-neighbour');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** From within the attacker's network. */
async function connect(): Promise<net.Socket> {
  const { pid } = attacker.info;
  const place = { address: hubAddress, port: hubRealPort };
  const socket = await dialInside({ pid, startTicks: startTicksOf(pid) }, place, 10_000, new AbortController().signal);
  // It would keep its own half open.
  return socket.on('error', () => undefined).on('end', () => socket.destroy());
}

const asked = async (host: DockerHost): Promise<string> =>
  (await host.shell('curl -sS -o /dev/null -w %{http_code} http://hub.drydock/v2/')).stdout;

test('one host has so many connections and no more; what it holds is cut off where it says nothing, and a neighbour is answered', async () => {
  const held = await Promise.all(Array.from({ length: maxHubConnectionsPerHost + 20 }, connect));
  const ended = held.map((socket) => once(socket.resume(), 'close'));
  let drip: NodeJS.Timeout | undefined;
  try {
    await until('those beyond the most are closed', () => held.filter(({ closed }) => closed).length >= 20);
    assert.equal(await asked(neighbour), '401');
    // Heads that never end: a byte now and then is no sign of life.
    for (const socket of held) if (!socket.destroyed) socket.write('GET /v2/ HTTP/1.1\r\nX: ');
    drip = setInterval(() => {
      for (const socket of held) if (!socket.destroyed) socket.write('X');
    }, 500);
    await Promise.all(ended);
    assert.equal(await asked(attacker), '401');
  } finally {
    clearInterval(drip);
    for (const socket of held) socket.destroy();
  }
});

test('thousands of requests in one piece are answered in turn, or cut off, and a neighbour is not kept waiting', async () => {
  const socket = await connect();
  try {
    const head = 'GET /v2/ HTTP/1.1\r\nHost: hub.drydock\r\n\r\n';
    socket.write(head.repeat(20_000));
    assert.equal(await asked(neighbour), '401');
    let got = '';
    socket.on('data', (piece) => {
      got = (got + piece).slice(0, 1000);
    });
    await until('it has an answer, or is cut off', () => got !== '' || socket.destroyed);
    if (got !== '') assert.match(got, /^HTTP\/1\.1 401 /);
  } finally {
    socket.destroy();
  }
});

test('what is no HTTP and no TLS ends the connection', async () => {
  for (const start of ['SSH-2.0-x\r\n\r\n', '\u0016\u0003\u0001garbage that is no handshake', '\0\0\0\0']) {
    const socket = await connect();
    const closed = once(socket.resume(), 'close');
    socket.write(start);
    await closed;
  }
  assert.equal(await asked(attacker), '401');
});
