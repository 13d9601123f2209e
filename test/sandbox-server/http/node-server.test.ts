// How many connections one address may have: a whole class's, and not all there are.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished, test } from 'vitest';
import { Addresses } from '../../../sandbox-server/http/addresses.ts';
import { createNodeServer } from '../../../sandbox-server/http/node-server.ts';
import { maxConnectionsPerAddress } from '../../../sandbox-server/limits.ts';
import { until } from '../../support/until.ts';

interface Opened {
  readonly socket: Socket;
  readonly served: boolean;
}

/** A connection that has been answered on, or refused. */
async function open(port: number, localAddress: string): Promise<Opened> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('data', () => resolve(true));
  socket.once('close', () => resolve(false));
  return { socket, served: await promise };
}

async function openMany(port: number, count: number): Promise<Opened[]> {
  const opened: Opened[] = [];
  // In turns that fit the queue of those who wait to be accepted.
  while (opened.length < count) {
    const some = Math.min(100, count - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: some }, () => open(port, '127.0.0.1')))));
  }
  return opened;
}

for (const [who, trusted, refused] of [
  ['one address', [], 50],
  ['a trusted proxy', ['127.0.0.1'], 0],
] as const) {
  test(`F11 ${who} has ${refused > 0 ? `${maxConnectionsPerAddress} connections` : 'as many as it needs'}`, async () => {
    const server = createNodeServer(new Addresses(trusted), (_request, response) => response.end('ok'));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const opened = await openMany(port, maxConnectionsPerAddress + 50);
    assert.equal(opened.filter(({ served }) => !served).length, refused);
    const other = await open(port, '127.0.0.2');
    assert.ok(other.served, 'another address gets in');

    // What is closed makes room.
    const [first] = opened.filter(({ served }) => served);
    assert.ok(first);
    first.socket.end();
    await until('there is room again', async () => {
      const { socket, served } = await open(port, '127.0.0.1');
      socket.destroy();
      return served;
    });
    for (const { socket } of [...opened, other]) socket.destroy();
  });
}
