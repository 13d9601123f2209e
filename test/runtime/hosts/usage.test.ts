// What the engine says that a host uses: memory, processes with both of their numbers, what containers wrote.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import type { HostUsage } from '../../../runtime/index.ts';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { assertHas, expect } from '../api/exchange.ts';

let engine: TestEngine;
let host: DockerHost;
beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'usage');
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const usage = (): Promise<HostUsage> => engine.client.usage('usage');
const megabyte = 1024 * 1024;

/** Waits until the use is as `is` wants it, and gives it. */
async function usageOnce(what: string, is: (now: HostUsage) => boolean): Promise<HostUsage> {
  let now = await usage();
  await until(what, async () => {
    now = await usage();
    return is(now);
  });
  return now;
}

test('a process has the number that ps shows in the workspace, and the one that it has inside', async () => {
  const id = await host.create('two', ['sh', '-c', 'sleep 1000 & exec sleep 2000']);
  await expect(host.socket, 'POST /containers/two/start', 204);
  const now = await usageOnce('two processes run in it', ({ processes }) => {
    return processes.filter(({ container, command }) => container === id && command.startsWith('sleep')).length === 2;
  });
  const own = now.processes.filter(({ container }) => container === id);
  const first = own.find(({ insidePid }) => insidePid === 1);
  const second = own.find(({ insidePid }) => insidePid !== 1);
  assert.ok(first && second);
  assert.equal(first.command, 'sleep 2000');
  assert.equal(second.command, 'sleep 1000');
  assert.equal(second.parent, first.pid);
  // busybox may do one applet's work in another's process.
  assert.match(second.executable, /^(sleep|sh|busybox)$/);
  const { State } = (await expect(host.socket, 'GET /containers/two/json', 200)) as { State: { Pid: number } };
  assert.equal(first.pid, State.Pid);
  const { stdout } = await host.shell(`ps -o args= -p ${second.pid}`);
  assert.equal(stdout.trim(), 'sleep 1000');

  const workspace = now.processes.filter(({ container }) => container === null);
  assert.ok(workspace.some(({ pid, insidePid }) => pid === 1 && insidePid === 1));
  assert.ok(now.processes.every(({ memoryBytes }) => memoryBytes >= 0 && memoryBytes < 512 * megabyte));
  await expect(host.socket, 'DELETE /containers/two?force=1', 204);
});

test('memory, processes and CPU time are those of the cgroup, and end with the container', async () => {
  const id = await host.create('busy', [
    'sh',
    '-c',
    'dd if=/dev/zero of=/dev/shm/full bs=1M count=24; while :; do :; done',
  ]);
  await expect(host.socket, 'POST /containers/busy/start', 204);
  const of = (now: HostUsage) => now.containers.find((one) => one.id === id);
  const now = await usageOnce('it has filled memory and worked', (one) => {
    const container = of(one);
    return (container?.memoryBytes ?? 0) > 24 * megabyte && (container?.cpuMs ?? 0) > 50 && container?.pids === 1;
  });
  assert.ok((of(now)?.memoryBytes ?? 0) < 60 * megabyte, String(of(now)?.memoryBytes));
  assert.equal(now.memoryLimitBytes, 512 * megabyte);
  assert.ok(now.memoryBytes > 24 * megabyte && now.memoryBytes < 512 * megabyte);
  assert.ok(now.pids >= 2);
  await expect(host.socket, 'POST /containers/busy/kill', 204);
  const ended = await usageOnce('it has ended', (one) => of(one)?.pids === 0);
  assert.equal(of(ended)?.memoryBytes, 0);
  assert.equal(ended.processes.filter(({ container }) => container === id).length, 0);
  await expect(host.socket, 'DELETE /containers/busy', 204);
});

test('the own layer is what the container wrote, and a huge one is told as cut', async () => {
  const id = await host.create('writer', ['sleep', '1000']);
  await expect(host.socket, 'POST /containers/writer/start', 204);
  const layerOf = ({ containers }: HostUsage) => containers.find((one) => one.id === id)?.ownLayer;
  const own = async () => layerOf(await usage());
  assert.deepEqual(await own(), { files: 0, bytes: 0, truncated: false });
  await host.shell('docker exec writer sh -c "echo hi > /tmp/hi; ln -s hi /tmp/link"');
  await usageOnce('both are counted', (now) => layerOf(now)?.files === 2);
  assert.deepEqual(await own(), { files: 2, bytes: 3, truncated: false });
  await host.shell('docker exec writer sh -c "mkdir /many; cd /many; seq 1 3000 | xargs touch"');
  await usageOnce('the count ends', (now) => layerOf(now)?.truncated === true);
  assert.ok(((await own())?.files ?? 0) < 2_001);
  await expect(host.socket, 'DELETE /containers/writer?force=1', 204);
});

test('what a process calls itself is one short line of text', async () => {
  const words = ['<img src=x onerror=alert(1)>', 'a\nb\u001b[31m\u202eevil', 'x'.repeat(10_000)];
  const id = await host.create('liar', ['sh', '-c', 'sleep 1000; :', ...words]);
  await expect(host.socket, 'POST /containers/liar/start', 204);
  const commandOf = ({ processes }: HostUsage): string =>
    processes.find(({ insidePid, container }) => container === id && insidePid === 1)?.command ?? '';
  // For a moment a program that runs has no command line yet, and its name stands in brackets.
  const now = await usageOnce('it runs', (one) => commandOf(one).startsWith('sh'));
  const command = commandOf(now);
  assert.equal(command.length, 256);
  assert.match(command, /^sh -c sleep 1000; : <img src=x onerror=alert\(1\)> a\?b\?\[31m\?evil x+…$/);
  await expect(host.socket, 'DELETE /containers/liar?force=1', 204);
});

test('no more than 300 processes are told, however many there are', async () => {
  const script = 'i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done; wait';
  for (const name of ['many1', 'many2']) {
    await host.create(name, ['sh', '-c', script]);
    await expect(host.socket, `POST /containers/${name}/start`, 204);
  }
  const now = await usageOnce('they all run', ({ pids }) => pids > 400);
  assert.equal(now.processes.length, 300);
  for (const name of ['many1', 'many2']) await expect(host.socket, `DELETE /containers/${name}?force=1`, 204);
});

test('asking leaves no descriptor open', async () => {
  const descriptors = () => readdirSync(`/proc/${engine.pid}/fd`).length;
  await usage();
  const before = descriptors();
  for (let count = 0; count < 50; count++) await usage();
  await until(`about ${before} descriptors are open`, () => descriptors() < before + 10);
});

test('docker stats shows the same, once and as a stream', async () => {
  const id = await host.create('stats', ['sh', '-c', 'while :; do :; done'], { HostConfig: { Memory: 64 * megabyte } });
  await expect(host.socket, 'POST /containers/stats/start', 204);
  const { stdout } = await host.shell("docker stats --no-stream --format '{{json .}}'", 'student');
  const shown = JSON.parse(stdout) as Record<string, string>;
  assert.equal(shown.Name, 'stats');
  assert.match(shown.MemUsage ?? '', /^[\d.]+[KM]iB \/ 64MiB$/);
  assert.ok(Number.parseFloat(shown.CPUPerc ?? '') > 0, String(shown.CPUPerc));
  assert.equal(shown.PIDs, '1');
  assert.match(shown.NetIO ?? '', /^[\d.]+k?B \/ [\d.]+k?B$/);

  const stream = "timeout 20 docker stats --format '{{.Name}} {{.PIDs}}' | grep --max-count=2 'stats 1'";
  const { stdout: streamed } = await host.shell(stream, 'student');
  assert.equal(streamed.split('stats 1').length, 3, streamed);

  assertHas(await expect(host.socket, 'GET /containers/stats/stats?stream=0&one-shot=1', 200), {
    name: '/stats',
    id,
    precpu_stats: { cpu_usage: { total_usage: 0 } },
    memory_stats: { limit: 64 * megabyte },
  });
  await expect(host.socket, 'POST /containers/stats/kill', 204);
  await host.shell('docker wait stats');
  assertHas(await expect(host.socket, 'GET /containers/stats/stats?stream=0', 200), {
    ...{ name: '/stats', id, memory_stats: {}, pids_stats: {} },
    read: '0001-01-01T00:00:00Z',
  });
  await expect(host.socket, 'GET /containers/stats/stats?stream=1&one-shot=1', 400);
  await expect(host.socket, 'DELETE /containers/stats', 204);
});

test('many who ask at once are all told the command lines', async () => {
  await host.create('asked', ['sleep', '4321']);
  await expect(host.socket, 'POST /containers/asked/start', 204);
  await usageOnce('it runs', ({ processes }) => processes.some(({ command }) => command === 'sleep 4321'));
  const answers = await Promise.all(Array.from({ length: 10 }, usage));
  for (const { processes } of answers) assert.ok(processes.some(({ command }) => command === 'sleep 4321'));
  await expect(host.socket, 'DELETE /containers/asked?force=1', 204);
});

test('of a host that there is not, it says so', async () => {
  await assert.rejects(engine.client.usage('nobody'), { kind: 'notFound' });
});
