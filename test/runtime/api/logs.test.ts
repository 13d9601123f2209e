// Answers that go on: logs, wait, events.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { until } from '../../support/until.ts';
import { bodyOf, busyboxOn } from './busybox.ts';
import { ask, assertHas, Bytes, expect, unframe, upgrade } from './exchange.ts';

let docker: EitherDocker;
let socket: string;

beforeAll(async () => {
  docker = await openDocker();
  socket = docker.socket;
});

afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

const { create, run } = busyboxOn(() => socket);

describe('logs', () => {
  async function logs(name: string, query: string): Promise<string[]> {
    using connection = new Bytes(socket);
    connection.request(`GET /containers/${name}/logs?${query}`, { Connection: 'close' });
    const chunked = bodyOf(await connection.rest());
    // Chunks of the transfer: length in hexadecimal, bytes, both followed by CR LF.
    let body = '';
    for (let at = 0; ; ) {
      const end = chunked.indexOf('\r\n', at);
      const length = Number.parseInt(chunked.slice(at, end), 16);
      if (!(length > 0)) return unframe(body);
      body += chunked.slice(end + 2, end + 2 + length);
      at = end + 4 + length;
    }
  }

  beforeAll(async () => {
    // It goes on once its first line has been written down: what conmon reads at once gets one and the same time.
    await run('say', ['sh', '-c', 'echo 1; read go; echo 2; echo 3; echo e >&2; printf end'], { OpenStdin: true });
    await until('its first line is in the log', async () => (await logs('say', 'stdout=1')).length === 1);
    using typist = new Bytes(socket);
    typist.request('POST /containers/say/attach?stream=1&stdin=1', upgrade);
    await typist.until(/101 UPGRADED/);
    typist.send('go\n');
    await expect(socket, 'POST /containers/say/wait', 200);
  });

  test('give both streams, all or the last', async () => {
    assert.deepEqual((await logs('say', 'stdout=1&stderr=1')).sort(), ['1:1\n', '1:2\n', '1:3\n', '1:end', '2:e\n']);
    assert.deepEqual(await logs('say', 'stdout=1'), ['1:1\n', '1:2\n', '1:3\n', '1:end']);
    assert.deepEqual(await logs('say', 'stderr=1&tail=all'), ['2:e\n']);
    assert.deepEqual(await logs('say', 'stdout=1&stderr=1&tail=0'), []);
    assert.equal((await logs('say', 'stdout=1&stderr=1&tail=2')).length, 2);
    await expect(socket, 'GET /containers/say/logs', 400, { message: /choose at least one stream/ });
  });

  test('carry times, and go by them', async () => {
    const [first = ''] = await logs('say', 'stdout=1&timestamps=1');
    const time = /^1:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) 1\n$/.exec(first)?.[1] ?? '';
    assert.notEqual(time, '', first);
    // As Docker's command sends it: Docker itself takes no other form, and ours takes both.
    const [, fraction] = time.split('.');
    const unix = `${Math.floor(Date.parse(time) / 1000)}.${fraction?.replace('Z', '')}`;
    for (const moment of isReference ? [unix] : [unix, time]) {
      assert.equal((await logs('say', `stdout=1&since=${moment}`)).length, 4);
      assert.deepEqual(await logs('say', `stdout=1&until=${moment}`), ['1:1\n']);
    }
    assert.deepEqual(await logs('say', `stdout=1&since=${Math.floor(Date.now() / 1000) + 60}`), []);
  });

  test('followed tell what comes, and end with the container', async () => {
    await run('tick', ['sh', '-c', 'echo one; read line; echo "got $line"'], { OpenStdin: true });
    using follower = new Bytes(socket);
    follower.request('GET /containers/tick/logs?follow=1&stdout=1', { Connection: 'close' });
    await follower.until(/one\n/);
    using typist = new Bytes(socket);
    typist.request('POST /containers/tick/attach?stream=1&stdin=1', upgrade);
    await typist.until(/101 UPGRADED/);
    typist.send('this\n');
    assert.match(await follower.rest(), /got this\n/);
  });

  test('followed end when the container is removed', async () => {
    await run('gone', ['sleep', '1000']);
    using follower = new Bytes(socket);
    follower.request('GET /containers/gone/logs?follow=1&stdout=1', { Connection: 'close' });
    await follower.until(/200 OK/);
    await expect(socket, 'DELETE /containers/gone?force=1', 204);
    await follower.rest();
  });
});

describe('wait', () => {
  test('sends its head before the container stops', async () => {
    await create('slow', ['sh', '-c', 'exit 4']);
    using waiting = new Bytes(socket);
    waiting.request('POST /containers/slow/wait?condition=next-exit', { Connection: 'close' });
    await waiting.until(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n/);
    await expect(socket, 'POST /containers/slow/start', 204);
    assert.match(await waiting.rest(), /\{"StatusCode":4\}/);
    await expect(socket, 'POST /containers/slow/wait?condition=nope', 400, { message: 'invalid condition: "nope"' });
  });

  test('for removal ends with it, with the exit code', async () => {
    await create('rm', ['sh', '-c', 'exit 9'], { HostConfig: { AutoRemove: true } });
    using waiting = new Bytes(socket);
    waiting.request('POST /containers/rm/wait?condition=removed', { Connection: 'close' });
    await waiting.until(/200 OK/);
    await expect(socket, 'POST /containers/rm/start', 204);
    assert.match(await waiting.rest(), /\{"StatusCode":9\}/);
    await expect(socket, 'GET /containers/rm/json', 404);
  });

  test('for removal ends too where a container with --rm cannot start', async () => {
    await create('never', ['nonexist'], { HostConfig: { AutoRemove: true } });
    using waiting = new Bytes(socket);
    waiting.request('POST /containers/never/wait?condition=removed', { Connection: 'close' });
    await waiting.until(/200 OK/);
    await expect(socket, 'POST /containers/never/start', 400);
    assert.match(await waiting.rest(), /\{"StatusCode":127\}/);
  });
});

describe('events', () => {
  /** Those of the last seconds about containers with this label. */
  async function eventsOf(label: string): Promise<unknown[]> {
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'], label: [label] }));
    const until = Math.floor(Date.now() / 1000) + 1;
    const { body } = await ask(socket, `GET /events?since=1&until=${until}&filters=${filters}`);
    return String(body)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  test('of the past come at once, filtered, and end', async () => {
    await create('noted', ['true'], { Labels: { note: 'yes' } });
    await expect(socket, 'DELETE /containers/noted', 204);
    assertHas(await eventsOf('note=yes'), [
      { Type: 'container', Action: 'create', status: 'create', from: 'busybox', scope: 'local' },
      { Action: 'destroy', Actor: { Attributes: { name: 'noted', note: 'yes', image: 'busybox' } } },
    ]);
  });

  test('tell of a container that was removed while it ran that it was killed', async () => {
    await create('forced', ['sleep', '1000'], { Labels: { note: 'forced' } });
    await expect(socket, 'POST /containers/forced/start', 204);
    await expect(socket, 'DELETE /containers/forced?force=1', 204);
    assertHas(await eventsOf('note=forced'), [
      { Action: 'create' },
      { Action: 'start' },
      { Action: 'kill', Actor: { Attributes: { signal: '9' } } },
      { Action: 'die', Actor: { Attributes: { exitCode: '137' } } },
      { Action: 'destroy' },
    ]);
  });

  test('are told whatever a filter says that nobody knows, and refused for times that cannot be', async () => {
    await expect(socket, 'GET /events?filters={"nope":["x"]}&since=1&until=2', 200);
    await expect(socket, 'GET /events?since=2&until=1', 400);
  });
});
