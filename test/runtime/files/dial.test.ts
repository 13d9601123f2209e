// Connections to the ports of a host's 127.0.0.1, from outside: a container's published port, and what the shell listens on.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, test } from 'vitest';
import type { EngineClient, EngineError } from '../../../runtime/index.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { residentBytes } from '../../support/outside.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';

let engine: RunningEngine;
let client: EngineClient;
const ending = new AbortController();

beforeAll(async () => {
  engine = await sharedEngine();
  client = engine.client;
  await client.createHost('one');
  await client.createHost('two');
  const serve = 'echo from a container > /index.html; exec httpd -f -p 80 -h /';
  const ran = await engine.docker('one', 'run', '-d', '--name', 'web', '-p', '8080:80', 'busybox', 'sh', '-c', serve);
  assert.equal(ran.exitCode, 0, ran.stderr);
});

afterAll(async () => {
  ending.abort();
  await engine[Symbol.asyncDispose]();
});

const dial = (host: string, port: number): Promise<Duplex> => client.dial(host, port, ending.signal);

async function kindOf(call: Promise<unknown>): Promise<string> {
  const failure = await call.then(
    () => null,
    (error: EngineError) => error,
  );
  assert.ok(failure, 'it was refused');
  return failure.kind;
}

/** Resolves once a program listens on a port of a host. */
async function listens(host: string, port: number): Promise<void> {
  await until(`port ${port} answers`, async () => {
    const socket = await dial(host, port).catch(() => null);
    socket?.destroy();
    return socket !== null;
  });
}

async function get(host: string, port: number): Promise<string> {
  const socket = await dial(host, port);
  socket.end('GET /index.html HTTP/1.0\r\n\r\n');
  return await text(socket);
}

test('a published port answers as it does to curl in the workspace', async () => {
  await listens('one', 8080);
  const { stdout } = await client.run('one', { argv: ['curl', '-s', 'localhost:8080/index.html'] });
  assert.equal(stdout, 'from a container\n');
  assert.match(await get('one', 8080), /\r\n\r\nfrom a container\n$/);
});

test('F08 a host’s port is of that host alone, and never the machine’s', async () => {
  assert.equal(await kindOf(dial('two', 8080)), 'notFound');
  for (const port of [22, 80, 443]) assert.equal(await kindOf(dial('one', port)), 'notFound', String(port));
  assert.equal(await kindOf(dial('none', 8080)), 'notFound');
  for (const port of [0, -1, 65_536, 1.5, Number.NaN])
    assert.equal(await kindOf(dial('one', port)), 'invalid', String(port));
});

test('each side may end before the other, and nothing is lost', async () => {
  const ran = await engine.docker(
    'two',
    'run',
    '-d',
    '-p',
    '9001:9001',
    'busybox',
    'nc',
    '-ll',
    '-p',
    '9001',
    '-e',
    'wc',
    '-c',
  );
  assert.equal(ran.exitCode, 0, ran.stderr);
  await listens('two', 9001);
  const socket = await dial('two', 9001);
  const size = 20 * 1024 * 1024;
  const piece = Buffer.alloc(1024 * 1024, 'x');
  const answer = text(socket);
  for (let sent = 0; sent < size; sent += piece.length) if (!socket.write(piece)) await once(socket, 'drain');
  socket.end();
  assert.equal((await answer).trim(), String(size));
});

test('who does not read holds the other side back', async () => {
  const ran = await engine.docker(
    'two',
    'run',
    '-d',
    '-p',
    '9002:9002',
    'busybox',
    'nc',
    '-ll',
    '-p',
    '9002',
    '-e',
    'yes',
  );
  assert.equal(ran.exitCode, 0, ran.stderr);
  await listens('two', 9002);
  const socket = await dial('two', 9002);
  await once(socket, 'readable'); // from now on it reads no further than its buffer
  const before = residentBytes(engine.pid);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.ok(residentBytes(engine.pid) - before < 64 * 1024 * 1024, 'the engine does not keep what nobody reads');
  socket.destroy();
});

test('a host has so many connections, and gets them back', async () => {
  const sockets: Duplex[] = [];
  let refused = '';
  while (refused === '' && sockets.length < 100) {
    await dial('one', 8080).then(
      (socket) => sockets.push(socket),
      (error: EngineError) => {
        refused = error.kind;
      },
    );
  }
  assert.deepEqual([refused, sockets.length], ['exhausted', 64]);
  assert.match(await get('two', 9001).catch((error: EngineError) => error.kind), /^\d+/, 'another host has its own');
  for (const socket of sockets) socket.destroy();
  await until('connections are free again', async () => (await get('one', 8080).catch(() => '')) !== '');
});
