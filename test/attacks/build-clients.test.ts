// Clients that build and are hostile: they own both ends of `/grpc` and `/session`.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { framed } from '../../runtime/build/grpc/frames.ts';
import { GrpcError } from '../../runtime/build/grpc/status.ts';
import { maxBuildCalls, maxBuildConnections, maxBuildStreams, maxBuilds } from '../../runtime/limits.ts';
import { ask } from '../runtime/api/exchange.ts';
import { Student } from '../runtime/build/student-builds.ts';
import { BuildClient, openSession, upgraded } from '../support/build-client.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { until } from '../support/until.ts';

let engine: TestEngine;
let alpha: DockerHost;
let student: Student;

beforeAll(async () => {
  engine = await startEngine();
  alpha = await createDockerHost(engine, 'alpha');
  student = new Student(engine, 'alpha');
});

afterAll(async () => {
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  assert.doesNotMatch(engine.log(), /not foreseen/);
  await engine[Symbol.asyncDispose]();
});

/** A call of whatever bytes; gives its status and message. */
async function told(client: BuildClient, path: string, body: Buffer): Promise<string> {
  const stream = client.connection.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  for (const event of ['response', 'trailers'] as const)
    stream.on(event, (given: Record<string, unknown>) => 'grpc-status' in given && resolve(given));
  stream.on('error', () => undefined);
  const bytes = framed(body);
  let isAnswered = false;
  void promise.then(() => (isAnswered = true));
  for (let at = 0; at < bytes.length && !isAnswered; at += 65_536)
    await new Promise<void>((resolve) => {
      stream.write(bytes.subarray(at, at + 65_536), () => resolve());
      void promise.then(() => resolve());
    });
  stream.end();
  stream.resume();
  const given = await promise;
  return `${given['grpc-status']} ${decodeURIComponent(String(given['grpc-message'] ?? ''))}`;
}

describe('H03: messages of builds', () => {
  test('of millions of fields, or of megabytes, are refused before they are parsed', async () => {
    using client = await BuildClient.open(alpha.socket);
    const control = '/moby.buildkit.v1.Control';
    const MiB = 1024 * 1024;
    // A field that nobody knows; an attribute; a filter.
    assert.match(await told(client, `${control}/Status`, Buffer.alloc(15 * MiB, '\x78\x01')), /^8 .*most is 2097152$/);
    assert.match(await told(client, `${control}/Status`, Buffer.alloc(2 * MiB, '\x78\x01')), /^8 .*20000 fields/);
    assert.match(await told(client, `${control}/Solve`, Buffer.alloc(MiB, ':\x03\x0a\x01B')), /^8 .*20000 fields/);
    const filters = Buffer.alloc(60_000, '\x0a\x04id==');
    assert.match(await told(client, `${control}/DiskUsage`, filters), /^3 .*more than 64 conditions/);
    const name = `description~=${'.'.repeat(2000)}`;
    const long = Buffer.concat([Buffer.from([0x0a, (name.length % 128) | 128, name.length >> 7]), Buffer.from(name)]);
    assert.match(await told(client, `${control}/Prune`, long), /^3 .*is not supported/);
    assert.match(
      await told(client, '/moby.buildkit.v1.frontend.LLBBridge/Return', Buffer.alloc(15 * MiB, '\x78\x01')),
      /^8 /,
    );
    await assert.rejects(client.solve({ ref: 'r'.repeat(201), frontend: 'dockerfile.v0' }), { code: 3 });
  });
});

describe('H03: planning a build', () => {
  const many = (count: number, line: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => line(at)).join('\n');
  const mounts = many(15, (at) => `--mount=type=cache,target=/c${at}`).replaceAll('\n', ' ');
  test.each([
    ['of a thousand files to copy from each other', `FROM busybox\n${many(1990, (at) => `COPY a${at} b${at} c /x/`)}`],
    [
      'of stages on stages',
      many(
        190,
        (at) => `FROM ${at === 0 ? 'busybox' : `s${at - 1}`} AS s${at}\n${many(9, String).replace(/^/gm, 'RUN ')}`,
      ),
    ],
    ['of mounts', `FROM busybox\n${many(250, () => `RUN ${mounts} true`)}`],
    ['of a long file', `FROM busybox\nRUN <<E\n${'a\n'.repeat(200_000)}E`],
    [
      'of variables',
      `FROM busybox\nARG A=${'x'.repeat(20_000)}\n${many(900, () => `RUN \${A#*y*y*y}\nENV B=\${A##*y*}`)}`,
    ],
  ])('holds the loop under 50 ms: %s', async (_, Dockerfile) => {
    using client = await BuildClient.open(alpha.socket);
    const since = Date.now();
    const request = { frontendAttributes: { requestid: 'frontend.outline' }, exporters: [] };
    // The context that it copies from has nothing: whether it can be planned is not what is asked here.
    await client.build({ directories: { dockerfile: { Dockerfile }, context: {} } }, request).catch(() => undefined);
    const { longestTurn } = await engine.client.loop(since);
    assert.ok(longestTurn, 'no turn was told of');
    assert.ok(longestTurn.cpuMs < 50, JSON.stringify(longestTurn));
  });
});

describe('H04: connections and calls', () => {
  test('are as many as builds need: more are refused, and there is room again when they have gone', async () => {
    const clients: BuildClient[] = [];
    for (let at = 0; at < maxBuildConnections; at++) clients.push(await BuildClient.open(alpha.socket));
    const headers = { Connection: 'Upgrade', Upgrade: 'h2c' };
    await assert.rejects(upgraded(alpha.socket, '/grpc', headers), /429/);
    await ask(alpha.socket, 'GET /_ping'); // others are served

    const [first, ...others] = clients;
    assert.ok(first);
    const ref = randomUUID();
    const building = first.solve({ ref });
    const streams = others
      .slice(0, Math.ceil(maxBuildCalls / maxBuildStreams) + 1)
      .flatMap((client) => Array.from({ length: maxBuildStreams }, () => client.status(ref).next()));
    const refused = await Promise.any(
      streams.map((stream) =>
        stream.then(
          () => Promise.reject(),
          (error) => error,
        ),
      ),
    );
    assert.match(String(refused), /500 calls under way, the most/);
    for (const client of clients) client[Symbol.dispose]();
    await Promise.allSettled([building, ...streams]);
    await until('there is room for another', async () => {
      try {
        using client = await BuildClient.open(alpha.socket);
        return /needs a reference/.test(String(await client.solve({ ref: '' }).catch(String)));
      } catch {
        return false;
      }
    });
  });

  test('builds beyond the most are told why, since their sessions are taken', async () => {
    using client = await BuildClient.open(alpha.socket);
    using sessions = new DisposableStack();
    const leave = new AbortController();
    const building: Promise<unknown>[] = [];
    for (let at = 0; at < maxBuilds; at++) {
      const { id } = sessions.use(await openSession(alpha.socket, {}));
      // They end with the signal.
      building.push(client.solve({ ref: randomUUID(), session: id }, leave.signal).catch(() => undefined));
    }
    const { id } = sessions.use(await openSession(alpha.socket, {}));
    await assert.rejects(
      client.solve({ ref: randomUUID(), session: id }),
      /^GrpcError: this host is building \d+ images, the most at once$/,
    );
    leave.abort();
    await Promise.all(building);
  });

  test('that are begun and given up by the thousand end their connection, and are not what the log is of', async () => {
    const socket = await upgraded(alpha.socket, '/grpc', {});
    const frame = (type: number, flags: number, id: number, payload: Buffer): Buffer => {
      const head = Buffer.alloc(9);
      head.writeUIntBE(payload.length, 0, 3);
      head.set([type, flags], 3);
      head.writeUInt32BE(id, 5);
      return Buffer.concat([head, payload]);
    };
    const literal = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
    const given = {
      ':method': 'POST',
      ':scheme': 'http',
      ':path': '/moby.buildkit.v1.Control/Info',
      ':authority': 'x',
    };
    const head = Object.entries(given).map(([name, value]) =>
      Buffer.concat([Buffer.from([0]), literal(name), literal(value)]),
    );
    const [headers, settings, reset] = [1, 4, 3];
    socket.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(settings, 0, 0, Buffer.alloc(0))]),
    );
    const calls = Array.from({ length: 3000 }, (_, at) => 2 * at + 1).flatMap((id) => [
      frame(headers, 4, id, Buffer.concat(head)),
      frame(reset, 0, id, Buffer.from([0, 0, 0, 8])),
    ]);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume().end(Buffer.concat(calls));
    await closed;
    assert.equal((await ask(alpha.socket, 'GET /_ping')).status, 200);
  });
});

test('connections that say anything before they are answered, and go at any moment, end nothing but themselves', async () => {
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const said: readonly (readonly Buffer[])[] = [
    [Buffer.from('garbage garbage garbage garbage')],
    [Buffer.alloc(70_000, 'x')],
    [preface, settings, Buffer.alloc(200, 0xff)],
    [Buffer.concat([preface, settings, Buffer.alloc(200, 0xff)]), Buffer.alloc(5000, 0xfe)],
    [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    [Buffer.concat([settings, settings]), settings, Buffer.alloc(3000, 1)],
    [],
  ];
  const { pid } = engine;
  const one = async (place: string, more: string, pieces: readonly Buffer[], end: string): Promise<void> => {
    const socket = net.connect(alpha.socket).on('error', () => undefined);
    const [first = Buffer.alloc(0), ...rest] = pieces;
    const head = `POST ${place} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n${more}\r\n`;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(Buffer.concat([Buffer.from(head), first]));
    for (const piece of rest) socket.write(piece);
    if (end === 'half') socket.end();
    if (end === 'at once') socket.destroy();
    // Those whose first bytes are none of HTTP/2 are closed by the engine; the others when it has answered.
    else socket.once('data', () => setImmediate(() => socket.destroy()));
    await closed;
  };
  const all = said.flatMap((pieces, at) =>
    ['half', 'at once', 'answered'].flatMap((end) => {
      const session = `X-Docker-Expose-Session-Uuid: ${at}x${end.replace(' ', '')}\r\n`;
      return [() => one('/grpc', '', pieces, end), () => one('/session', session, pieces, end)];
    }),
  );
  for (let round = 0; round < 3; round++) await Promise.all(all.map((act) => act()));
  assert.equal(engine.pid, pid);
  assert.equal((await ask(alpha.socket, 'GET /_ping')).status, 200);
  using client = await BuildClient.open(alpha.socket);
  await assert.rejects(client.solve({ ref: '' }), /needs a reference/);
});

test('names that no message or header can carry as they are end nothing but their call', async () => {
  using client = await BuildClient.open(alpha.socket);
  // Told on up to its hundredth character, which is half of one.
  const name = `x${'\u{1f6a2}'.repeat(70)}`;
  await assert.rejects(Array.fromAsync(client.status(name)), /no such job x/);
  const context = { [`${name}\n`]: 'x' };
  for (const [key, value] of [
    ['contextkey', 'a\nb'],
    ['contextkey', name],
    ['dockerfilekey', 'a\0b'],
    ['filename', name],
    ['context:other', `local:${name}`],
    ['target', name],
    ['platform', name],
    ['requestid', name],
    ['force-network-mode', name],
  ] as const) {
    const serves = { directories: { dockerfile: { Dockerfile: 'FROM busybox\nCOPY . /x\n' }, context } };
    const frontendAttributes = { [key]: value };
    await client
      .build(serves, { frontendAttributes })
      .catch((error) => assert.ok(error instanceof GrpcError, String(error)));
  }
  await assert.rejects(client.build({}, { frontend: name }), { code: 12 });
  await assert.rejects(client.build({}, { exporters: [{ type: name }], frontend: name }), { code: 2 });
  assert.equal((await ask(alpha.socket, 'GET /_ping')).status, 200);
});

test('the error of a large Dockerfile comes with its place', async () => {
  const comments = `yes '# a comment that says little, as many do' | head -5000`;
  await student.said(`mkdir large; (echo FROM busybox; ${comments}; echo RUN false) > large/Dockerfile`);
  const { exitCode, stderr } = await student.build('large');
  assert.equal(exitCode, 1);
  assert.match(stderr, />>> RUN false\n/);
  assert.match(stderr, /process "\/bin\/sh -c false" did not complete successfully: exit code: 1\n$/);
});
