// One event loop for all hosts: what one host's clients ask for, send and leave unread must not stop the others'. Stalls are
// measured in the processor's time of the engine's own thread: what else the machine does meanwhile is not the engine's fault.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ask, Bytes, expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { residentBytes } from '../support/outside.ts';
import { until } from '../support/until.ts';

/** H03, X15: nothing holds the loop longer. */
const mostMs = 50;
const MiB = 1024 * 1024;

let engine: TestEngine;
let alpha: DockerHost;
let beta: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  alpha = await createDockerHost(engine, 'alpha');
  beta = await createDockerHost(engine, 'beta');
  for (let i = 0; i < 20; i++)
    await alpha.create(`${'a'.repeat(55)}-${i}`, ['true'], { Labels: { big: 'x'.repeat(60_000) } });
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** Does `attack`; its longest turn on the loop must be short. */
async function holdsTheLoopBriefly(attack: () => Promise<unknown>): Promise<void> {
  const since = Date.now();
  await attack();
  const { longestTurn } = await engine.client.loop(since);
  assert.ok(longestTurn, 'no turn was told of');
  assert.ok(longestTurn.cpuMs < mostMs, `${longestTurn.place} held the loop: ${JSON.stringify(longestTurn)}`);
}

/** Milliseconds, in the kernel's ticks of 10. */
function cpuOfEngine(): { user: number; system: number } {
  const fields = readFileSync(`/proc/${engine.pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return { user: Number(fields[11]) * 10, system: Number(fields[12]) * 10 };
}

function filters(values: object): string {
  return `filters=${encodeURIComponent(JSON.stringify(values))}`;
}

describe('H03: one request holds the loop under 50 ms', () => {
  const many = (count: number, make: (i: number) => string) => Array.from({ length: count }, (_, i) => make(i));
  const numbered = (count: number, value: unknown) =>
    Object.fromEntries(many(count, String).map((key) => [key, value]));
  const create = (body: object) => ['POST /containers/create', { Image: 'busybox', Cmd: ['true'], ...body }] as const;
  const table: [string, readonly [string, object?], number, RegExp][] = [
    [
      'name filters that match everything',
      [`GET /containers/json?all=1&${filters({ name: many(3, () => '(.*a)*.*a.*a.*a.*a.*$.') })}`],
      200,
      /^$/,
    ],
    [
      'name filters with repetitions',
      [`GET /containers/json?all=1&${filters({ name: many(60, () => '(a?){60}a{60}(a?a?){90}x') })}`],
      400,
      /300000 steps/,
    ],
    [
      'a filter with repetitions of repetitions',
      [`GET /containers/json?all=1&${filters({ name: ['((a{99}){99}){99}'] })}`],
      400,
      /4096 parts/,
    ],
    [
      'filters with 1,000 values',
      [`GET /containers/json?all=1&${filters({ label: many(1000, String) })}`],
      400,
      /the most is 256/,
    ],
    [
      '24,000 ulimits',
      create({ HostConfig: { Ulimits: many(24_000, String).map(() => ({ Name: 'nofile', Soft: 1, Hard: 1 })) } }),
      400,
      /more than 20000 values/,
    ],
    [
      '2,000 ulimits',
      create({ HostConfig: { Ulimits: many(2000, String).map(() => ({ Name: 'nofile', Soft: 1, Hard: 1 })) } }),
      400,
      /Ulimits.*<=32/,
    ],
    [
      '60,000 exposed ports',
      create({ ExposedPorts: Object.fromEntries(many(60_000, (i) => `${i + 1}/tcp`).map((port) => [port, {}])) }),
      400,
      /more than 20000 values/,
    ],
    [
      '5,000 exposed ports',
      create({ ExposedPorts: Object.fromEntries(many(5000, (i) => `${i + 1}/tcp`).map((port) => [port, {}])) }),
      400,
      /ExposedPorts.*<=1024/,
    ],
    ['10,000 keys that nobody knows, which are ignored', create(numbered(10_000, 1)), 201, /^$/],
    ['lists in lists', create({ Foo: JSON.parse('['.repeat(40) + ']'.repeat(40)) }), 400, /nested more than 32 deep/],
    [
      '200 KB of labels',
      create({ Labels: { big: 'x'.repeat(200_000) } }),
      400,
      /labels hold 200003 bytes together, the most is 65536/,
    ],
    ['5,000 labels', create({ Labels: numbered(5000, '') }), 400, /Labels.*<=1000/],
    [
      'an environment of 1 MB',
      create({ Env: many(3900, (i) => `A${i}=${'y'.repeat(250)}`) }),
      400,
      /argument list too long/,
    ],
    ['9,000 words of a command', create({ Cmd: many(9000, String) }), 400, /4096/],
    [
      '3,000 bindings',
      create({
        HostConfig: {
          PortBindings: Object.fromEntries(
            many(60, (i) => `${i + 1}/tcp`).map((port) => [port, many(50, String).map(() => ({ HostPort: '' }))]),
          ),
        },
      }),
      400,
      /the most for one container is 2048/,
    ],
    [
      'exports of every port',
      [`POST /images/create?fromSrc=-&${many(200, () => 'changes=EXPOSE%201-65535').join('&')}`, {}],
      400,
      /these are 65535 ports, the most is 1024/,
    ],
    ['a path of 10 KB', [`GET /containers/${'a'.repeat(10_000)}/json`], 400, /the most is 2048/],
  ];
  for (const [what, [place, body], status, said] of table)
    test(what, async () => {
      await holdsTheLoopBriefly(async () => {
        const answer = await ask(alpha.socket, place, body);
        assert.equal(answer.status, status, JSON.stringify(answer.body).slice(0, 300));
        if (status === 400) assert.match((answer.body as { message: string }).message, said);
      });
    });

  test('100 globs over 200 names of images', async () => {
    const name = 'a'.repeat(120);
    for (let i = 0; i < 200; i++)
      await expect(alpha.socket, `POST /images/busybox/tag?repo=${name}&tag=${'a'.repeat(110)}${i}`, 201);
    await holdsTheLoopBriefly(async () => {
      const place = `GET /images/json?${filters({ reference: many(100, () => `*${'a'.repeat(60)}b`) })}`;
      await expect(alpha.socket, place, 400, { message: /300000 steps/ });
      await expect(alpha.socket, `GET /images/json?${filters({ reference: ['a*:a*1', 'busy*'] })}`, 200);
    });
  });

  test('what real clients send still passes', async () => {
    const metadata = JSON.stringify(many(80, (i) => `feature ${i} ${'x'.repeat(100)}`)); // as VS Code's dev containers have
    const labels = {
      'devcontainer.metadata': metadata,
      ...Object.fromEntries(many(40, (i) => `com.docker.compose.${i}`).map((key) => [key, 'v'])),
    };
    const ports = Object.fromEntries(many(500, (i) => `${8000 + i}/tcp`).map((port) => [port, {}]));
    const body = {
      Image: 'busybox',
      Cmd: ['true'],
      Labels: labels,
      ExposedPorts: ports,
      Env: many(500, (i) => `NAME_${i}=${'v'.repeat(100)}`),
    };
    await expectSending(beta.socket, 'POST /containers/create?name=real', body, 201);
    await expect(beta.socket, 'DELETE /containers/real', 204);
  });
});

describe('H04: what is not read costs little', () => {
  test('256 readers of long lists that never read', async () => {
    const before = residentBytes(engine.pid);
    const readers = Array.from({ length: 200 }, () => {
      const socket = net
        .connect(alpha.socket)
        .on('error', () => undefined)
        .pause();
      socket.write('GET /containers/json?all=1 HTTP/1.1\r\nHost: x\r\n\r\n');
      return socket;
    });
    // One of them reads, to tell that the engine is at it.
    const [first] = readers;
    first?.resume();
    await until('the engine has begun to answer', () => (first?.bytesRead ?? 0) > 0);
    await sleep(1500);
    const grown = residentBytes(engine.pid) - before;
    await expect(beta.socket, 'GET /containers/json?all=1', 200);
    for (const socket of readers) socket.destroy();
    // 200 answers of 1.2 MB would be 240 MB.
    assert.ok(grown < 50 * MiB, `the engine has grown by ${Math.round(grown / MiB)} MiB`);
  });

  test('thousands of requests in one packet end the connection, and not the loop', async () => {
    await holdsTheLoopBriefly(async () => {
      const used = cpuOfEngine();
      const sockets = Array.from({ length: 32 }, () => {
        const socket = net.connect(alpha.socket).on('error', () => undefined);
        socket.write('GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3000));
        return socket;
      });
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.resume().once('close', resolve))));
      const now = cpuOfEngine();
      // To make 100,000 requests takes 3 s.
      assert.ok(now.user + now.system - used.user - used.system < 1000);
    });
  });

  test('a few requests sent ahead are answered one after the other', async () => {
    using bytes = new Bytes(alpha.socket);
    bytes.send(
      'GET /_ping HTTP/1.1\r\nHost: x\r\n\r\nGET /version HTTP/1.1\r\nHost: x\r\n\r\nHEAD /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    const all = await bytes.rest();
    assert.match(all, /OKHTTP\/1.1 200 OK[\s\S]*ApiVersion[\s\S]*HTTP\/1.1 200 OK/);
  });
});

describe('H05: a host that floods waits, and others do not', () => {
  test('beta’s requests are answered before those that alpha has waiting', async () => {
    let stop = false;
    let asked = 0;
    const flood = Array.from({ length: 32 }, async () => {
      for (; !stop; asked++) await ask(alpha.socket, 'GET /containers/json?all=1').catch(() => undefined);
    });
    await until('the flood is under way', () => asked > 32);
    let most = 0;
    for (let i = 0; i < 10; i++) {
      const before = asked;
      await expect(beta.socket, 'GET /_ping', 200);
      most = Math.max(most, asked - before);
    }
    stop = true;
    await Promise.all(flood);
    assert.ok(most < 32, `alpha got ${most} answers while beta waited for one`);
  });
});

test('two Host headers are refused', async () => {
  for (const socket of [alpha.socket, engine.socket]) {
    using bytes = new Bytes(socket);
    bytes.send('GET /_ping HTTP/1.1\r\nHost: one\r\nHost: two\r\nConnection: close\r\n\r\n');
    assert.match(await bytes.rest(), /^HTTP\/1.1 400 [\s\S]*too many Host headers/);
  }
});
