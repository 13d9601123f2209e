// Connections that are taken over: attach, exec, gRPC; and what becomes of connections.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { until } from '../../support/until.ts';
import { bodyOf, busyboxOn } from './busybox.ts';
import { ask, Bytes, expect, expectSending, unframe, upgrade } from './exchange.ts';

let docker: EitherDocker;
let socket: string;

beforeAll(async () => {
  docker = await openDocker();
  socket = docker.socket;
});

afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

const { create, run, exec } = busyboxOn(() => socket);

const multiplexed = /^HTTP\/1\.1 101 UPGRADED\r\n[\s\S]*Content-Type: application\/vnd\.docker\.multiplexed-stream\r\n/;
const raw = /Content-Type: application\/vnd\.docker\.raw-stream\r\n/;

describe('attach', () => {
  test('before the start misses nothing, by stream', async () => {
    await create('early', ['sh', '-c', 'echo out; echo err >&2; echo more']);
    using attached = new Bytes(socket);
    attached.request('POST /v1.51/containers/early/attach?stream=1&stdout=1&stderr=1', upgrade);
    await attached.until(multiplexed);
    await expect(socket, 'POST /containers/early/start', 204);
    const pieces = unframe(bodyOf(await attached.rest()));
    const of = (stream: string) =>
      pieces
        .filter((piece) => piece[0] === stream)
        .map((piece) => piece.slice(2))
        .join('');
    assert.deepEqual([of('1'), of('2')], ['out\nmore\n', 'err\n']);
  });

  test('leaves out the stream that was not asked for', async () => {
    await create('half', ['sh', '-c', 'echo out; echo err >&2']);
    using attached = new Bytes(socket);
    attached.request('POST /containers/half/attach?stream=1&stderr=1', upgrade);
    await attached.until(multiplexed);
    await expect(socket, 'POST /containers/half/start', 204);
    assert.deepEqual(unframe(bodyOf(await attached.rest())), ['2:err\n']);
  });

  test('half-closed by the client ends stdin, and the output still comes', async () => {
    await create('count', ['wc', '-c'], { OpenStdin: true, StdinOnce: true, AttachStdin: true });
    using attached = new Bytes(socket);
    attached.request('POST /containers/count/attach?stream=1&stdin=1&stdout=1', upgrade);
    await attached.until(multiplexed);
    attached.send('12345');
    await expect(socket, 'POST /containers/count/start', 204);
    attached.send('67890');
    attached.socket.end();
    assert.deepEqual(unframe(bodyOf(await attached.rest())), ['1:10\n']);
  });

  test('without Upgrade is answered 200 and taken over all the same', async () => {
    await run('plain', ['sh', '-c', 'read line; echo "got $line"'], { OpenStdin: true, StdinOnce: true });
    using attached = new Bytes(socket);
    attached.request('POST /v1.51/containers/plain/attach?stream=1&stdin=1&stdout=1', {});
    // With an upgrade it would be said to be multiplexed, which it is.
    assert.match(await attached.until(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n/), raw);
    attached.send('GET / HTTP/1.1\n');
    assert.deepEqual(unframe(bodyOf(await attached.rest())), ['1:got GET / HTTP/1.1\n']);
  });

  test('is upgraded however its path is spelled, and no other route is', async () => {
    await create('spelled', ['true']);
    using attached = new Bytes(socket);
    attached.request('POST /containers/spelled/%61ttach?stream=1&stdout=1', upgrade);
    await attached.until(/^HTTP\/1\.1 101 UPGRADED\r\n/);
    for (const place of ['GET /_ping', 'POST /containers/spelled/resize?h=1&w=1', 'GET /containers/spelled/attach']) {
      using other = new Bytes(socket);
      other.request(place, upgrade);
      await other.until(/^HTTP\/1\.1 (200|409|404) /);
    }
  });

  test('to a terminal is raw, has its size, and detaches by keys', async () => {
    await create('tty', ['sh'], { Tty: true, OpenStdin: true });
    using first = new Bytes(socket);
    first.request('POST /containers/tty/attach?stream=1&stdin=1&stdout=1&stderr=1&detachKeys=ctrl-a,d', upgrade);
    assert.match(await first.until(/101 UPGRADED[\s\S]*\r\n\r\n/), raw);
    await expect(socket, 'POST /containers/tty/resize?h=33&w=99', 409);
    await expect(socket, 'POST /containers/tty/start', 204);
    await expect(socket, 'POST /containers/tty/resize?h=33&w=99', 200);
    await first.until(/# /);
    first.send('stty size\r');
    await first.until(/\r\n33 99\r\n/);
    first.send('\x01');
    first.send('d');
    await first.rest();
    await expect(socket, 'GET /containers/tty/json', 200, { State: { Running: true } });
    using second = new Bytes(socket);
    second.request('POST /containers/tty/attach?stream=1&stdin=1&stdout=1', upgrade);
    await second.until(/101 UPGRADED[\s\S]*\r\n\r\n/);
    second.send('echo again; exit 6\r');
    assert.match(await second.rest(), /\r\nagain\r\n/);
    await expect(socket, 'POST /containers/tty/wait', 200, { StatusCode: 6 });
    const until = Math.floor(Date.now() / 1000) + 1;
    const { body } = await ask(socket, `GET /events?since=1&until=${until}&filters={"event":["detach"]}`);
    assert.match(String(JSON.stringify(body)), /"name":"tty"|\\"name\\":\\"tty\\"/);
  });

  test('with logs=1 gives what was written before', async () => {
    await run('spoke', ['echo', 'before']);
    await expect(socket, 'POST /containers/spoke/wait', 200);
    using attached = new Bytes(socket);
    attached.request('POST /containers/spoke/attach?logs=1&stdout=1', upgrade);
    assert.deepEqual(unframe(bodyOf(await attached.rest())), ['1:before\n']);
  });

  test('is refused as text where it cannot be, as Docker does it, also with Upgrade', async () => {
    using attached = new Bytes(socket);
    attached.request('POST /containers/nope/attach?stream=1', upgrade);
    assert.match(await attached.rest(), /^HTTP\/1\.1 404 Not Found\r\n[\s\S]*\r\n\r\nNo such container: nope\r\n$/);
    await expect(
      socket,
      'POST /containers/tty/attach?stream=1&detachKeys=ctrl-',
      400,
      'Invalid detach keys (ctrl-) provided\r\n',
    );
  });

  test('that is not read holds the process back, not the engine', async () => {
    await create('flood', ['sh', '-c', 'head -c 200000000 /dev/zero; echo done >&2'], {});
    using attached = new Bytes(socket);
    attached.request('POST /containers/flood/attach?stream=1&stdout=1', upgrade);
    await attached.until(multiplexed);
    attached.socket.pause();
    await expect(socket, 'POST /containers/flood/start', 204);
    const began = performance.now();
    while (performance.now() - began < 500) await expect(socket, 'GET /_ping', 200);
    await expect(socket, 'GET /containers/flood/json', 200, { State: { Running: true } });
    attached.socket.destroy();
    await expect(socket, 'POST /containers/flood/wait', 200, { StatusCode: 0 });
    await expect(socket, 'DELETE /containers/flood', 204);
  });
});

describe('exec', () => {
  beforeAll(async () => await run('work', ['sleep', '1000']));
  afterAll(async () => await expect(socket, 'DELETE /containers/work?force=1', 204));

  test('without Upgrade is answered 200', async () => {
    const id = await exec('work', ['echo', 'out']);
    using connection = new Bytes(socket);
    connection.request(`POST /v1.51/exec/${id}/start`, {}, '{"Detach":false,"Tty":false}');
    const answer = await connection.rest();
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(answer, raw);
    assert.deepEqual(unframe(bodyOf(answer)), ['1:out\n']);
  });

  // Docker loses what is typed so early.
  test('with its body and stdin in one packet', { skip: isReference }, async () => {
    const id = await exec('work', ['cat'], { AttachStdin: true });
    using connection = new Bytes(socket);
    // `hijack` is dockerode's.
    const body = JSON.stringify({ Detach: false, Tty: false, hijack: true });
    const head = `POST /v1.51/exec/${id}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n`;
    connection.send(
      `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}typed early\n`,
    );
    await connection.until(/typed early\n/);
    connection.send('typed late\n');
    connection.socket.end();
    assert.deepEqual(
      unframe(bodyOf(await connection.rest()))
        .join('|')
        .replaceAll('|1:', ''),
      '1:typed early\ntyped late\n',
    );
    await expect(socket, `GET /exec/${id}/json`, 200, {
      ID: id,
      Running: false,
      ExitCode: 0,
      OpenStdin: true,
      Pid: /^\d+$/,
    });
  });

  test('with its body in a packet of its own: what is typed then is the process’s, and no request', async () => {
    const id = await exec('work', ['cat'], { AttachStdin: true });
    using connection = new Bytes(socket);
    connection.send(
      `POST /exec/${id}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 29\r\n\r\n`,
    );
    await expect(socket, 'GET /_ping', 200);
    connection.send('{"Detach":false,"Tty":false }');
    await connection.until(multiplexed);
    // Node hands a parser that is no longer needed to the next connection.
    using other = new Bytes(socket);
    other.send('GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n');
    await other.until(/OK$/);
    const { length } = other.text;
    for (const typed of ['\u0003\n', 'GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n']) {
      connection.send(typed);
      await connection.until(new RegExp(`${typed.trim()}\\r?\\n`));
    }
    assert.equal(other.text.length, length);
    connection.socket.end();
    const pieces = unframe(bodyOf(await connection.rest()));
    assert.equal(pieces.map((piece) => piece.slice(2)).join(''), '\u0003\nGET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n');
  });

  test('with its body in two packets', async () => {
    const id = await exec('work', ['sh', '-c', 'echo out; echo err >&2; exit 5']);
    using connection = new Bytes(socket);
    const head = `POST /exec/${id}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n`;
    connection.send(`${head}Content-Type: application/json\r\nContent-Length: 31\r\n\r\n{"Detach":fa`);
    await expect(socket, 'GET /_ping', 200);
    connection.send('lse,"Tty":false  }');
    connection.send(' ');
    assert.match(await connection.rest(), multiplexed);
    assert.deepEqual(unframe(bodyOf(connection.text)).sort(), ['1:out\n', '2:err\n']);
    await expect(socket, `GET /exec/${id}/json`, 200, {
      ExitCode: 5,
      ProcessConfig: { entrypoint: 'sh', privileged: false },
    });
    await expectSending(socket, `POST /exec/${id}/start`, { Detach: true }, 409, { message: /has already run/ });
  });

  test('detached answers at once', async () => {
    const id = await exec('work', ['sleep', '1000']);
    await expectSending(socket, `POST /exec/${id}/start`, { Detach: true }, 200);
    await expect(socket, `GET /exec/${id}/json`, 200, { Running: true, ExitCode: null });
  });

  for (const tty of [false, true]) {
    const table: [string, object, number, RegExp][] = [
      ['of what is not there', { Cmd: ['nonexist'] }, 127, /exec: "nonexist": executable file not found in \$PATH/],
      ['of what is no program', { Cmd: ['/etc'] }, 126, /exec: "\/etc": permission denied/],
      ['where there is no such directory', { Cmd: ['true'], WorkingDir: '/no' }, 127, /chdir to cwd \("\/no"\)/],
    ];
    for (const [what, asked, exitCode, message] of table)
      test(`${what}${tty ? ', in a terminal,' : ''} says so on the stream, with ${exitCode}`, async () => {
        const id = await exec('work', [], { Tty: tty, AttachStdin: tty, ...asked });
        using connection = new Bytes(socket);
        connection.request(`POST /exec/${id}/start`, upgrade, JSON.stringify({ Detach: false, Tty: tty }));
        assert.match(await connection.rest(), message);
        await expect(socket, `GET /exec/${id}/json`, 200, { Running: false, ExitCode: exitCode });
      });
  }

  test('is refused for what it asks', async () => {
    const table: [object, number, RegExp][] = [
      [{ Cmd: [] }, 400, /^No exec command specified$/],
      [{ Cmd: ['true'], User: 'nouser' }, 400, /^unable to find user nouser/],
    ];
    // Docker finds these wrong when they start.
    const refusedByOurs: typeof table = [
      [{ Cmd: ['true'], WorkingDir: '/proc/self/fd/7' }, 400, /may not lie in \/proc/],
      [{ Cmd: ['true'], WorkingDir: 'tmp' }, 400, /needs to be an absolute path/],
      [{ Cmd: ['true'], User: '4294967296' }, 400, /must be in range/],
    ];
    for (const [body, status, message] of isReference ? table : [...table, ...refusedByOurs])
      await expectSending(socket, 'POST /containers/work/exec', body, status, { message });
    await expect(socket, 'GET /exec/nope/json', 404, { message: 'No such exec instance: nope' });
    await expectSending(socket, 'POST /exec/nope/start', {}, 404);
  });
});

// Of dockerd's own process, and of limits that it has not, nothing is promised.
describe('connections', { skip: isReference }, () => {
  test('cost no descriptor once they are over', async () => {
    const descriptors = () => readdirSync(`/proc/${docker.engine.pid}/fd`).length;
    await run('base', ['sleep', '1000']);
    const runs = async () => {
      for (let i = 0; i < 10; i++) {
        await create('brief', ['true'], { HostConfig: { AutoRemove: true } });
        using attached = new Bytes(socket);
        attached.request('POST /containers/brief/attach?stream=1&stdout=1', upgrade);
        await attached.until(multiplexed);
        using waiting = new Bytes(socket);
        waiting.request('POST /containers/brief/wait?condition=removed', { Connection: 'close' });
        await waiting.until(/200 OK/);
        await expect(socket, 'POST /containers/brief/start', 204);
        await attached.rest();
        await waiting.rest();
        using connection = new Bytes(socket);
        connection.request(`POST /exec/${await exec('base', ['true'])}/start`, upgrade, '{"Detach":false}');
        await connection.rest();
      }
    };
    await runs();
    const before = descriptors();
    await runs();
    // What the last of them had is closed a moment after its client has heard the end.
    await until(`about ${before} descriptors are open`, () => descriptors() < before + 5);
    await expect(socket, 'DELETE /containers/base?force=1', 204);
  });

  test('of clients that ended their input and were killed are let go', async () => {
    const descriptors = () => readdirSync(`/proc/${docker.engine.pid}/fd`).length;
    await run('silent', ['sleep', '1000']);
    const before = descriptors();
    const clients = Array.from({ length: 20 }, () => new Bytes(socket));
    for (const client of clients) client.request('POST /containers/silent/attach?stream=1&stdout=1', upgrade);
    await Promise.all(clients.map((client) => client.until(multiplexed)));
    for (const client of clients) client.socket.end();
    await expect(socket, 'GET /_ping', 200);
    for (const client of clients) client.socket.destroy();
    await until(`about ${before} descriptors are open`, () => descriptors() <= before + 5);
    await expect(socket, 'DELETE /containers/silent?force=1', 204);
  });

  test('beyond the most are closed, and the rest goes on', async () => {
    const many = Array.from({ length: 300 }, () => new Bytes(socket));
    try {
      await Promise.any(many.slice(250).map((connection) => connection.rest()));
      for (const connection of many) connection.socket.destroy();
      const answers = (): Promise<boolean> =>
        ask(socket, 'GET /_ping').then(
          ({ status }) => status === 200,
          () => false,
        );
      await until('there is room for others', answers);
    } finally {
      for (const connection of many) connection.socket.destroy();
    }
  });
});
