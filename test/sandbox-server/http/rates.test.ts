// How often one may ask: a few new labs a minute, and each refusal says when to come back.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { afterAll, test } from 'vitest';
import { maxFileWritesAtOnce, newcomerBurstPerAddress, startsPerMinute } from '../../../sandbox-server/limits.ts';
import { until } from '../../support/until.ts';
import { type OpenedLab, startTestServer } from '../server.ts';

const server = await startTestServer({ capacity: 100 });
afterAll(() => server[Symbol.asyncDispose]());

test('F11 a student starts five labs a minute, and opens the one there is as often as they like', async () => {
  const lab = await server.open();
  const statuses: number[] = [];
  let retryAfter: string | string[] | undefined;
  for (let count = 0; count <= startsPerMinute; count += 1) {
    const answer = await server.ask('POST', '/api/sessions', {
      body: { lesson: '01-why-containers/02-first-container' },
      cookie: lab.cookie,
    });
    statuses.push(answer.status);
    retryAfter = answer.headers['retry-after'];
    if (answer.status === 200) {
      const { session } = JSON.parse(answer.text);
      await server.ask('DELETE', `/api/sessions/${session}`, { cookie: lab.cookie });
    }
  }
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
  assert.ok(Number(retryAfter) >= 1 && Number(retryAfter) <= 60, `Retry-After: ${retryAfter}`);

  const other = await server.open();
  for (let count = 0; count < 20; count += 1) await server.open('playground', other.cookie);
});

/** A file that is being sent and never is; `refused` resolves with the status once there is one. */
function slowWrite(lab: OpenedLab): { readonly socket: Socket; readonly refused: Promise<number> } {
  const socket = connect(server.settings.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `PUT /api/sessions/${lab.session}/file?path=a HTTP/1.1\r\nHost: localhost:${server.settings.port}\r\n` +
      `Origin: ${server.origin}\r\nSec-Fetch-Site: same-origin\r\nCookie: ${lab.cookie}\r\nIf-None-Match: *\r\n` +
      'Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\nand then nothing',
  );
  const { promise, resolve } = Promise.withResolvers<number>();
  socket.once('data', (head: Buffer) => resolve(Number(head.toString().split(' ')[1])));
  return { socket, refused: promise };
}

test('F11 few files of one lab are sent at once, however slowly, and the next is refused before it is read', async () => {
  const [lab, other] = [await server.open(), await server.open()];
  const writes = Array.from({ length: maxFileWritesAtOnce + 1 }, () => slowWrite(lab));
  assert.equal(await Promise.race(writes.map(({ refused }) => refused)), 429);
  const write = async ({ session, cookie }: OpenedLab) => {
    const headers = { 'content-type': 'application/octet-stream', 'if-none-match': '*' };
    const address = `/api/sessions/${session}/file?path=a`;
    return (await server.ask('PUT', address, { cookie, headers, body: 'a' })).status;
  };
  assert.equal(await write(lab), 429);
  assert.equal(await write(other), 503, 'there is no engine to write it, and that is all');
  for (const { socket } of writes) socket.destroy();
  await until('there is room again', async () => (await write(lab)) === 503);
});

test('F11 an address cannot start labs without end by dropping its cookie', async () => {
  const open = async () => (await server.ask('POST', '/api/sessions', { body: { lesson: 'playground' } })).status;
  const statuses: number[] = [];
  // Until it is refused: how many that takes depends on how fast the machine writes a lab down.
  for (let round = 0; round < 10 && !statuses.includes(429); round += 1)
    statuses.push(...(await Promise.all(Array.from({ length: 2 * newcomerBurstPerAddress }, open))));
  assert.ok(statuses.includes(200) && statuses.includes(429));
});
