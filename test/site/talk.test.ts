// One WebSocket of the page, with a server at its other end.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Talk } from '../../site/src/client/talk.ts';
import { until } from '../support/until.ts';

/** A server that welcomes whoever says hello, and the messages that it heard. */
async function server(): Promise<{ url: URL; sockets: WebSocket[]; heard: string[] }> {
  const listening = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(listening, 'listening');
  const sockets: WebSocket[] = [];
  const heard: string[] = [];
  listening.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data) => {
      const text = String(data);
      heard.push(text);
      if (text.includes('"hello"')) socket.send('{"type":"welcome"}');
    });
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.terminate();
    listening.close();
  });
  const address = listening.address();
  assert.ok(address !== null && typeof address === 'object');
  return { url: new URL(`ws://127.0.0.1:${address.port}`), sockets, heard };
}

async function welcomed(url: URL, told: string[] = []): Promise<Talk> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const talk = new Talk(url, 'a-ticket', {
    welcomed: resolve,
    message: ({ type }) => told.push(type),
    output: (channel, bytes) => told.push(`${channel}: ${new TextDecoder().decode(bytes)}`),
  });
  assert.equal(talk.send({ type: 'ping' }), false, 'nothing is sent before the welcome');
  await promise;
  return talk;
}

test('messages and output come whole, and the end tells its code', async () => {
  const { url, sockets, heard } = await server();
  const told: string[] = [];
  const talk = await welcomed(url, told);
  assert.match(heard[0] ?? '', /"ticket":"a-ticket"/);
  sockets[0]?.send(Uint8Array.of(3, 0x68, 0x69));
  sockets[0]?.send('{"type":"pong"}');
  await until('the output is there', () => told.length === 2);
  assert.deepEqual(told, ['welcome', '3: hi']);
  sockets[0]?.close(4001, 'over');
  assert.deepEqual(await talk.over, { code: 4001, welcomed: true });
  assert.equal(talk.send({ type: 'ping' }), false);
});

test('a socket that was given up and closes late takes nothing from the next one', async () => {
  const { url, sockets, heard } = await server();
  const told: string[] = [];
  const first = await welcomed(url, told);
  const [other] = sockets;
  assert.ok(other);
  // Half open: the other end does not hear that this one closes.
  other.pause();
  first.drop();
  assert.deepEqual(await first.over, { code: 1006, welcomed: true });
  const second = await welcomed(url);
  other.send('{"type":"tasks"}');
  other.resume();
  await once(other, 'close');
  assert.deepEqual(told, ['welcome'], 'nothing is heard of what is over');
  assert.ok(second.send({ type: 'ping' }));
  await until('it is heard', () => heard.some((text) => text.includes('ping')));
  second.drop();
});
