// The engine's client against a real engine: hosts, terminals, commands, a host's Docker API, and what goes wrong.

import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { connectEngine, type DockerEvent, type HostInfo } from '../../runtime/index.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { expectSending } from './api/exchange.ts';

let engine: RunningEngine;
let host: HostInfo;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await engine.client.createHost('one');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

describe('an engine', () => {
  test('tells its status, and lists its hosts', async () => {
    const status = await engine.client.status();
    assert.deepEqual([status.pid, status.ready, status.instance], [engine.pid, true, engine.instance.name]);
    assert.deepEqual(
      (await engine.client.hosts()).map(({ name, state }) => [name, state]),
      [['one', 'running']],
    );
    assert.deepEqual(await engine.client.host('one'), host);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('throws the kinds that the engine threw', async () => {
    await assert.rejects(engine.client.host('nope'), { name: 'EngineError', kind: 'notFound' });
    await assert.rejects(engine.client.createHost('one'), { kind: 'conflict' });
    await assert.rejects(engine.client.createHost('../x'), { kind: 'invalid' });
    await assert.rejects(engine.client.createHost('two', { limits: { memoryBytes: 1 } }), {
      kind: 'invalid',
      message: /memoryBytes/,
    });
    await assert.rejects(engine.client.closeTerminal('one', 'nope'), { kind: 'notFound' });
  });

  test('that is not there is unavailable', async () => {
    await assert.rejects(connectEngine('/tmp/no-such-engine.sock').status(), { kind: 'unavailable' });
  });

  test('refuses what its schema does not know', async () => {
    await expectSending(engine.socket, 'POST /hosts', { name: 'x', nope: 1 }, 400, {
      kind: 'invalid',
      message: /^nope: /,
    });
    await expectSending(engine.socket, 'POST /nope', undefined, 404);
  });
});

describe('a command', () => {
  test('that hangs keeps no other call waiting, and no command of another host', async () => {
    const other = await engine.client.createHost('other');
    const argv = ['sh', '-c', 'until [ -e /home/student/go ]; do sleep 0.05; done'];
    let ended = 0;
    const hanging = Array.from({ length: 40 }, async () => {
      const { exitCode } = await engine.client.run('one', { argv, timeoutMs: 60_000 });
      ended += 1;
      return exitCode;
    });
    await engine.client.host('one');
    await engine.client.listFiles('one', '');
    assert.equal((await engine.client.run('other', { argv: ['echo', 'hi'] })).stdout, 'hi\n');
    assert.equal(ended, 0);
    await engine.client.writeFile('one', 'go', Buffer.from(''));
    assert.deepEqual(new Set(await Promise.all(hanging)), new Set([0]));
    await engine.client.removeHost(other.name);
  });

  test('runs in the workspace, with its stdin', async () => {
    const result = await engine.client.run('one', {
      argv: ['sh', '-c', 'cat; echo err >&2; id -un; exit 3'],
      stdin: Buffer.from('typed\n'),
    });
    assert.deepEqual(result, {
      exitCode: 3,
      stdout: 'typed\nstudent\n',
      stderr: 'err\n',
      truncated: false,
      timedOut: false,
    });
  });

  test('is ended after its time', async () => {
    const { timedOut } = await engine.client.run('one', { argv: ['sleep', '60'], timeoutMs: 200 });
    assert.equal(timedOut, true);
  });
});

describe('a terminal', () => {
  /** A connection that hangs fails its test; a busy machine has this long. */
  const patienceMs = 60_000;

  /** Reads until what has come matches. */
  async function readUntil(stream: Duplex, pattern: RegExp): Promise<string> {
    let text = '';
    for await (const piece of stream.iterator({ destroyOnReturn: false })) {
      text += String(piece);
      if (pattern.test(text)) return text;
    }
    throw new Error(`ended before ${pattern}: ${JSON.stringify(text)}`);
  }

  test('is typed into, resized, left and taken up by offset', async () => {
    const opened = await engine.client.openTerminal('one', { id: 't1', rows: 24, columns: 80 });
    assert.deepEqual([opened.id, opened.running, opened.rows], ['t1', true, 24]);
    await assert.rejects(engine.client.openTerminal('one', { id: 't1', rows: 24, columns: 80 }), { kind: 'conflict' });
    const first = await engine.client.attachTerminal('one', 't1', 0, AbortSignal.timeout(patienceMs));
    assert.equal(first.offset, 0);
    await readUntil(first.stream, /\$ /);
    await engine.client.resizeTerminal('one', 't1', 40, 120);
    first.stream.write('stty size\r');
    await readUntil(first.stream, /40 120/);
    first.stream.destroy();
    const { offset } = (await engine.client.terminals('one'))[0] ?? { offset: 0 };
    assert.ok(offset > 0);
    const again = await engine.client.attachTerminal('one', 't1', 0, AbortSignal.timeout(patienceMs));
    assert.match(await readUntil(again.stream, /40 120/), /stty size/);
    again.stream.destroy();
    const hangUp = new AbortController();
    const late = await engine.client.attachTerminal('one', 't1', offset, hangUp.signal);
    assert.equal(late.offset >= offset, true);
    late.stream.write('echo la""te\r');
    await readUntil(late.stream, /late/);
    hangUp.abort();
    await new Promise((resolve) => late.stream.once('close', resolve));
    await engine.client.closeTerminal('one', 't1');
    const ended = await engine.client.attachTerminal('one', 't1', 0, AbortSignal.timeout(patienceMs));
    for await (const _ of ended.stream);
    assert.deepEqual(
      (await engine.client.terminals('one')).map(({ id, running }) => [id, running]),
      [['t1', false]],
    );
    await assert.rejects(engine.client.attachTerminal('one', 'nope', 0, new AbortController().signal), {
      kind: 'notFound',
    });
  });
});

describe("a host's Docker API", () => {
  test('answers requests, and throws what it refuses', async () => {
    const docker = engine.client.docker(host);
    const info = (await docker.request('GET', '/info')) as { Name: string };
    assert.equal(info.Name, 'docker-host');
    assert.equal(await docker.request('HEAD', '/_ping'), undefined);
    await assert.rejects(docker.request('GET', '/containers/nope/json'), {
      kind: 'notFound',
      message: 'No such container: nope',
    });
    await assert.rejects(docker.request('POST', '/containers/create', { Image: 'busybox', Cmd: 1 }), {
      kind: 'invalid',
    });
  });

  test('tells events from the moment that it is subscribed to, until it is left', async () => {
    const leave = new AbortController();
    const events = await engine.client.docker(host).events(leave.signal);
    await engine.docker('one', 'run', '--rm', 'busybox', 'true');
    const heard: DockerEvent[] = [];
    for await (const event of events) {
      heard.push(event);
      if (event.Action === 'destroy') leave.abort();
    }
    const actions = heard.map(({ Type, Action }) => `${Type} ${Action}`);
    for (const action of ['image pull', 'container create', 'container start', 'container die'])
      assert.ok(actions.includes(action), actions.join());
  });

  test('is gone with its host, and events end', async () => {
    const other = await engine.client.createHost('other');
    const events = await engine.client.docker(other).events(new AbortController().signal);
    await engine.client.removeHost('other');
    for await (const _ of events);
    await assert.rejects(engine.client.docker(other).request('GET', '/info'), { kind: 'unavailable' });
  });
});
