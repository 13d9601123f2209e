// A connection ends when we hang up, though the other side keeps its half open.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished, test } from 'vitest';
import { hangUp, refuse } from '../../../sandbox-server/http/hang-up.ts';

/** Our end of a connection, and the other one, which never ends its half. */
async function pair(): Promise<{ ours: Socket; other: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const other = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [ours] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    other.destroy();
    ours.destroy();
    server.close();
  });
  return { ours, other };
}

test('F03 a connection is let go in time, whether its end was said before or is said now', async () => {
  for (const isSaid of [false, true]) {
    const { ours } = await pair();
    const closed = once(ours, 'close');
    if (isSaid) ours.end();
    hangUp(ours, '', 10);
    await closed;
    hangUp(ours);
    assert.ok(ours.destroyed);
  }
});

test('who is refused hears why, though more was sent than anybody reads', async () => {
  const { ours, other } = await pair();
  let heard = '';
  other.on('data', (chunk) => {
    heard += chunk;
  });
  other.write(Buffer.alloc(1024 * 1024));
  const ended = once(other, 'end');
  refuse(ours, '403 Forbidden', '{"message":"no"}');
  refuse(ours, '500 Never');
  await ended;
  assert.match(heard, /^HTTP\/1\.1 403 Forbidden\r\n.*Content-Length: 16\r\n\r\n\{"message":"no"\}$/s);
});
