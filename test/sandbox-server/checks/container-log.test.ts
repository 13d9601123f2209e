// A container's log as a check reads and follows it: the last lines, whatever their length, and at no more than it looks.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import path from 'node:path';
import { test } from 'vitest';
import { followLog, readLog } from '../../../sandbox-server/checks/container-log.ts';
import { maxLogLines } from '../../../sandbox-server/limits.ts';
import { testRun } from '../../support/instance.ts';

const signal = () => new AbortController().signal;

/** A socket that answers as a host's Docker API does. */
async function docker(answer: RequestListener) {
  const folder = await mkdtemp(`/tmp/${testRun}-log-`);
  const socket = path.join(folder, 'docker.sock');
  const server = createServer(answer);
  await once(server.listen(socket), 'listening');
  const end = async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  };
  return { socket, [Symbol.asyncDispose]: end };
}

function frame(text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** Of a log of 600 such lines, as many as are asked for. */
function lines(line: (number: number) => string): RequestListener {
  return ({ url = '' }, answer) => {
    const tail = Number(new URL(url, 'http://docker').searchParams.get('tail'));
    answer.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' });
    for (let number = 601 - Math.min(tail, 600); number <= 600; number += 1) answer.write(frame(`${line(number)}\n`));
    answer.end();
  };
}

test('the last lines of a log are read', async () => {
  await using host = await docker(lines((number) => `line ${number}`));
  const read = (await readLog(host.socket, 'some', signal())).trimEnd().split('\n');
  assert.deepEqual([read.length, read.at(0), read.at(-1)], [maxLogLines, 'line 101', 'line 600']);
});

test('of a log of long lines fewer are read, and the last is among them', async () => {
  await using host = await docker(lines((number) => `line ${number} ${'x'.repeat(1_500)}`));
  const read = (await readLog(host.socket, 'some', signal())).trimEnd().split('\n');
  assert.match(read.at(-1) ?? '', /^line 600 x+$/);
  assert.ok(read.length >= 100, `${read.length} lines`);
  await using endless = await docker(lines(() => 'x'.repeat(300_000)));
  assert.equal(await readLog(endless.socket, 'some', signal()), '');
});

test('a log that grows without end is heard of once, and not read on', async () => {
  const closed = Promise.withResolvers<void>();
  await using host = await docker((_request, answer) => {
    answer.writeHead(200);
    answer.once('close', () => closed.resolve());
    const more = () => {
      while (!answer.destroyed && answer.write(frame('y\n'.repeat(1_000))));
    };
    answer.on('drain', more);
    more();
  });
  let grew = 0;
  await followLog(host.socket, 'some', signal(), () => {
    grew += 1;
  });
  assert.equal(grew, 2, 'once when it is followed, once when it grew');
  await closed.promise;
});
