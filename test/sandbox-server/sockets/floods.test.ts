// F03: what a hostile page may send, and that the server neither dies nor grows. The server is a process of its own, so
// that its memory can be told from the attacker's.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterAll, test } from 'vitest';
import { closeCodes } from '../../../sandbox-server/protocol.ts';
import { residentBytes } from '../../support/outside.ts';
import { until } from '../../support/until.ts';
import { spawnServer } from '../server.ts';

const running = await spawnServer();
const { server, child } = running;
afterAll(() => running[Symbol.asyncDispose]());
const lab = await server.open();
const mebibyte = 1024 ** 2;

const resident = (): number => residentBytes(child.pid ?? 0);

/** Files and connections that the server has open. */
async function descriptors(): Promise<number> {
  return (await readdir(`/proc/${child.pid}/fd`)).length;
}

/** A WebSocket without a library between: what is written are the frames themselves. */
async function rawSocket(): Promise<Socket> {
  const { port } = server.settings;
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `GET /api/socket HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
      `Origin: ${server.origin}\r\nCookie: ${lab.cookie}\r\n\r\n`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  assert.match(head.toString(), /^HTTP\/1\.1 101 /);
  return socket;
}

/** The close code of the server's close frame. */
function closeCode(socket: Socket): Promise<number> {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    socket.on('close', () => {
      const place = got.indexOf(0x88);
      resolve(place < 0 || got.length < place + 4 ? 0 : got.readUInt16BE(place + 2));
    });
  });
}

/** A masked frame (with the mask 0). */
function frame(first: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([first, ...size, 0, 0, 0, 0]), payload]);
}

test('F03 two thousand headers are refused', async () => {
  const headers = Object.fromEntries(Array.from({ length: 2_000 }, (_, count) => [`x-${count}`, 'y'.repeat(20)]));
  assert.equal(await server.connect(lab.cookie, headers).refused, 431);
});

test('F03 one-byte fragments without end close the socket, on several at once, and cost no memory', async () => {
  const before = resident();
  const opened = await descriptors();
  const fragments = Buffer.concat([
    frame(0x01, Buffer.from('x')),
    ...Array.from({ length: 131_072 }, () => frame(0x00, Buffer.from('x'))),
  ]);
  for (let round = 0; round < 10; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 5 }, rawSocket));
    const codes = sockets.map(closeCode);
    for (const socket of sockets) socket.write(fragments);
    for (const code of await Promise.all(codes)) assert.ok(code === closeCodes.policy || code === 0, `code ${code}`);
    // They count until it has let go of them, which is not when they have closed here.
    await until('the server has let go of them', async () => (await descriptors()) <= opened);
  }
  const grew = resident() - before;
  assert.ok(grew < 50 * mebibyte, `grew by ${Math.round(grew / mebibyte)} MiB`);
  assert.equal((await server.ask('GET', '/healthz')).status, 200);
});

test('F03 a frame that says it has 100 MiB is refused before it is read', async () => {
  const socket = await rawSocket();
  const code = closeCode(socket);
  const head = Buffer.from([0x82, 0x80 | 127, 0, 0, 0, 0, 6, 0x40, 0, 0, 0, 0, 0, 0]);
  socket.write(head);
  assert.equal(await code, closeCodes.tooLarge);
});

test('F03 a message over 64 KiB closes the socket', async () => {
  const page = await server.enter(await server.ticket(lab));
  page.socket.send(JSON.stringify({ type: 'ping', more: 'x'.repeat(70_000) }));
  assert.equal(await page.closed, closeCodes.tooLarge);
});

test('F03 a flood of pings closes the socket', async () => {
  const socket = await rawSocket();
  const code = closeCode(socket);
  socket.write(Buffer.concat(Array.from({ length: 50_000 }, () => frame(0x89, Buffer.alloc(0)))));
  assert.ok([closeCodes.policy, 0].includes(await code));
});

test('F03 a flood of messages closes the socket', async () => {
  const page = await server.enter(await server.ticket(lab));
  for (let count = 0; count < 20_000; count += 1) page.send({ type: 'ping' });
  assert.equal(await page.closed, closeCodes.policy);
});

test('F03 a socket that never says hello is closed', async () => {
  const began = performance.now();
  const page = server.connect(lab.cookie);
  assert.equal(await page.closed, closeCodes.policy);
  // It has five seconds. What else would end it, a look whether its page is there, comes after thirty.
  assert.ok(performance.now() - began < 20_000);
});

test('F03 one student has a few sockets, not thousands', async () => {
  const pages = Array.from({ length: 30 }, () => server.connect(lab.cookie));
  const outcomes = await Promise.all(pages.map((page) => Promise.race([page.opened.then(() => 101), page.refused])));
  assert.ok(outcomes.filter((status) => status === 101).length <= 8);
  assert.ok(outcomes.includes(429));
  for (const page of pages) page.drop();
});

test('F03 a connection is let go after a refused upgrade, though the other side keeps its half open', async () => {
  const { port } = server.settings;
  const before = await descriptors();
  const sockets = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined);
      socket.write(
        `GET /api/socket HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://evil.example\r\n\r\n`,
      );
      const [head] = (await once(socket, 'data')) as [Buffer];
      assert.match(head.toString(), /^HTTP\/1\.1 403 /);
      return socket;
    }),
  );
  await until('the server has let go of them', async () => (await descriptors()) <= before);
  for (const socket of sockets) socket.destroy();
});

test('F03 a WebSocket whose page has gone without a word is let go', async () => {
  const before = await descriptors();
  const socket = await rawSocket();
  // It never says hello, and does not answer when it is closed for that: its half stays open.
  const half = closeCode(socket);
  socket.end();
  await half;
  await until('the server has let go of it', async () => (await descriptors()) <= before);
});

test('F11 upgrades without end from one address are refused with 429, and others get in', async () => {
  const { port } = server.settings;
  const statusOf = async (localAddress: string) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    socket.write(
      `GET /api/socket HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    const [head] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    await closed;
    return Number(head.toString().split(' ')[1]);
  };
  const statuses = new Set<number>();
  for (let round = 0; round < 20 && !statuses.has(429); round += 1)
    for (const status of await Promise.all(Array.from({ length: 300 }, () => statusOf('127.0.0.3'))))
      statuses.add(status);
  assert.deepEqual([...statuses].sort(), [403, 429]);
  assert.equal(await statusOf('127.0.0.4'), 403);
});
