// How containers and what runs in them end, and what of it is told afterwards.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import type { RunningEngine } from '../../support/engine.ts';
import { conmonsOf } from '../../support/outside.ts';
import { sharedEngine } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { ask, Bytes, expect, expectSending, upgrade } from '../api/exchange.ts';

const MiB = 1024 * 1024;
let engine: RunningEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'ends');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

/** The actions that were told of a container, oldest first. */
async function actionsOf(container: string): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ container: { [container]: true } }));
  const { body } = await ask(host.socket, `GET /events?since=1&until=${Date.now() / 1000}&filters=${filters}`);
  const lines = typeof body === 'string' ? body.split('\n').filter(Boolean) : [JSON.stringify(body)];
  return lines.map((line) => (JSON.parse(line) as { Action: string }).Action);
}

describe('a container that runs out of memory', () => {
  test('ends with 137, says so in inspect and in the events, and leaves nothing on the machine', async () => {
    rmSync('/oom', { force: true });
    const eat = ['sh', '-c', 'exec dd if=/dev/zero of=/dev/null bs=64M count=1'];
    await host.create('hungry', eat, { HostConfig: { Memory: 16 * MiB } });
    await expect(host.socket, 'POST /containers/hungry/start', 204);
    await expect(host.socket, 'POST /containers/hungry/wait', 200, { StatusCode: 137 });
    await expect(host.socket, 'GET /containers/hungry/json', 200, { State: { OOMKilled: true, ExitCode: 137 } });
    assert.deepEqual(await actionsOf('hungry'), ['create', 'start', 'oom', 'die']);
    assert.ok(!existsSync('/oom'));
  });
});

describe('a container whose monitor is slow', () => {
  /** Runs one whose monitor stands still; gives the numbers of both. */
  async function runUnwatched(name: string): Promise<{ readonly pid: number; readonly monitor: number }> {
    const id = await host.create(name, ['sleep', '1000']);
    await expect(host.socket, `POST /containers/${name}/start`, 204);
    const pid = await host.pidOf(name);
    const monitor = conmonsOf(engine.instance.run).find(({ argv }) => argv.includes(id))?.pid;
    assert.ok(monitor, 'it has one');
    process.kill(monitor, 'SIGSTOP');
    return { pid, monitor };
  }

  test('runs no exec once it has ended, and says that, not that its users are unknown', async () => {
    const { pid, monitor } = await runUnwatched('ending');
    try {
      process.kill(pid, 'SIGKILL');
      await until('its process has ended', () => !existsSync(`/proc/${pid}/root`));
      const message = /^container [0-9a-f]{64} is not running$/;
      await expectSending(host.socket, 'POST /containers/ending/exec', { Cmd: ['true'], User: 'root' }, 409, {
        message,
      });
    } finally {
      process.kill(monitor, 'SIGCONT');
    }
  });

  test('has its exit code when that comes, however late', async () => {
    const { monitor } = await runUnwatched('late');
    // Later than what ends without a word is looked at twice, 2 s apart.
    setTimeout(() => process.kill(monitor, 'SIGCONT'), 6000);
    await expect(host.socket, 'POST /containers/late/kill', 204);
    await expect(host.socket, 'POST /containers/late/wait', 200, { StatusCode: 137 });
  });
});

describe('execs', () => {
  const createExec = async (container: string, Cmd: string[], more: object = {}): Promise<string> => {
    const sent = { Cmd, AttachStdout: true, ...more };
    const body = await expectSending(host.socket, `POST /containers/${container}/exec`, sent, 201);
    return (body as { Id: string }).Id;
  };

  test('that are open when their container ends tell 137 to who asks at once', async () => {
    await host.run('stopped', ['sleep', '1000']);
    const id = await createExec('stopped', ['sh'], { Tty: true, AttachStdin: true });
    using connection = new Bytes(host.socket);
    connection.request(`POST /exec/${id}/start`, upgrade, JSON.stringify({ Detach: false, Tty: true }));
    await connection.until(/# /);
    await expect(host.socket, 'GET /containers/stopped/json', 200, { ExecIDs: [id] });
    const stopped = expect(host.socket, 'POST /containers/stopped/stop?t=0', 204);
    await connection.rest();
    await expect(host.socket, `GET /exec/${id}/json`, 200, { Running: false, ExitCode: 137 });
    await stopped;
    await expect(host.socket, `GET /exec/${id}/json`, 200, { Running: false, ExitCode: 137 });
    await expect(host.socket, 'GET /containers/stopped/json', 200, { ExecIDs: null });
    await expect(host.socket, 'DELETE /containers/stopped', 204);
    await expect(host.socket, `GET /exec/${id}/json`, 404);
  });

  test('that have ended are not among those of their container', async () => {
    await host.run('works', ['sleep', '1000']);
    const id = await createExec('works', ['true']);
    using connection = new Bytes(host.socket);
    connection.request(`POST /exec/${id}/start`, upgrade, '{"Detach":false}');
    await connection.rest();
    await expect(host.socket, `GET /exec/${id}/json`, 200, { ExitCode: 0 });
    await expect(host.socket, 'GET /containers/works/json', 200, { ExecIDs: null });
  });

  test('that nobody starts keep no one from theirs, and what events tell of a long command is cut', async () => {
    const long = ['echo', 'x'.repeat(100_000)];
    const first = await createExec('works', long);
    const tooLong = { Cmd: ['echo', ...Array.from({ length: 3 }, () => 'x'.repeat(100_000))] };
    await expectSending(host.socket, 'POST /containers/works/exec', tooLong, 400, {
      message: /^argument list too long/,
    });
    for (let i = 1; i < 101; i++) await createExec('works', ['true']);
    await expect(host.socket, `GET /exec/${first}/json`, 404);
    const { text } = await host.output(['true']);
    assert.equal(text, '');
    const filters = encodeURIComponent('{"container":{"works":true}}');
    const { body } = await ask(host.socket, `GET /events?since=1&until=${Date.now() / 1000}&filters=${filters}`);
    const told = /"Action":"(exec_create: echo x+)"/.exec(String(body))?.[1] ?? '';
    assert.equal(told.length, 'exec_create: '.length + 4096);
    await expect(host.socket, 'DELETE /containers/works?force=1', 204);
  });
});

describe('docker top', () => {
  test('shows the beginning of a long command line, and the names of what has none', async () => {
    await host.run('long', ['sh', '-c', ': "$@"; exec sleep 1000', 'sh', 'y'.repeat(50_000)]);
    await host.exec('long', ['sh', '-c', 'sleep 2000; :', 'sh', 'y'.repeat(50_000)]);
    // Both go over to their own program a moment after they are there.
    let shown: (string | undefined)[][] = [];
    await until('both execute what they are to', async () => {
      const { Processes } = (await expect(host.socket, 'GET /containers/long/top?ps_args=-o%20pid,comm,args', 200)) as {
        Processes: string[][];
      };
      shown = Processes.map(([, name, command]) => [name, command]);
      return shown[0]?.[0] === 'sleep' && shown[1]?.[0] === 'sh';
    });
    assert.deepEqual(shown[0], ['sleep', 'sleep 1000']);
    assert.equal(shown[1]?.[1]?.length, 4096);
    await expect(host.socket, 'DELETE /containers/long?force=1', 204);
  });
});

describe('a container whose start cannot be undone at once', () => {
  test('has ended all the same, and is cleaned up once that can be done', async () => {
    const id = await host.create('held', ['sleep', '1000']);
    await expect(host.socket, 'POST /containers/held/start', 204);
    const bundle = `${engine.instance.run}/hosts/ends/b/${id.slice(0, 24)}`;
    const place = `${bundle}/held`;
    const inEngine = [`--mount=${engine.instance.run}/mnt`];
    execFileSync('nsenter', [...inEngine, 'mkdir', place]);
    execFileSync('nsenter', [...inEngine, 'mount', '-t', 'tmpfs', 'held', place]);
    try {
      await expect(host.socket, 'POST /containers/held/kill', 204);
      await expect(host.socket, 'POST /containers/held/wait', 200, { StatusCode: 137 });
      await expect(host.socket, 'GET /containers/held/json', 200, { State: { Status: 'exited' } });
      await expect(host.socket, 'POST /containers/held/start', 503);
      await expect(host.socket, 'DELETE /containers/held', 503);
    } finally {
      execFileSync('nsenter', [...inEngine, 'umount', place]);
    }
    await until('it has been cleaned up', () => !existsSync(bundle));
    await expect(host.socket, 'POST /containers/held/start', 204);
    await expect(host.socket, 'DELETE /containers/held?force=1', 204);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });
});
