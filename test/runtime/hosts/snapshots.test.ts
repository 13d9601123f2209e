// Snapshots: a host becomes again what it was, files, images, containers and their ports, and what is kept stays bounded.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { TerminalReader } from '../../support/terminal-reader.ts';
import { until } from '../../support/until.ts';
import { expect } from '../api/exchange.ts';

const MiB = 1024 * 1024;
let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine({ hostDiskBytes: 64 * MiB });
  host = await createDockerHost(engine, 'kept');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Status: string; readonly Running: boolean };
  readonly NetworkSettings: { readonly IPAddress: string; readonly Ports: object };
}
const inspect = async (name: string): Promise<Inspected> =>
  (await expect(host.socket, `GET /containers/${name}/json`, 200)) as Inspected;
const names = async (): Promise<string[]> =>
  ((await expect(host.socket, 'GET /containers/json?all=1', 200)) as { Names: string[] }[])
    .flatMap(({ Names }) => Names)
    .sort();
const tags = async (): Promise<string[]> =>
  ((await expect(host.socket, 'GET /images/json', 200)) as { RepoTags: string[] }[])
    .flatMap(({ RepoTags }) => RepoTags)
    .sort();
const served = async (port: number): Promise<string> =>
  (await host.shell(`curl -s --max-time 5 http://127.0.0.1:${port}/index.html`)).stdout;
const store = (): string => `/proc/${engine.pid}/root${engine.instance.data}/store`;

function web(name: string, port: number | null): Promise<number> {
  const script = `echo ${name} >/index.html; exec httpd -f -p 80 -h /`;
  const binding = { HostIp: '', HostPort: port === null ? '' : String(port) };
  return host.run(name, ['sh', '-c', script], { HostConfig: { PortBindings: { '80/tcp': [binding] } } });
}

describe('a snapshot', () => {
  test('brings back files, images, and containers with their ids, addresses and ports', async () => {
    await host.shell('echo first >/home/student/file; mkdir /srv/deep; echo x >/srv/deep/file', 'root');
    await host.import('own', [{ name: 'only-here', content: Buffer.alloc(100_000, 7) }]);
    await web('unused', 8001);
    await web('one', null);
    await web('two', 8002);
    await host.run('resting', ['sleep', '1000']);
    await expect(host.socket, 'POST /containers/resting/pause', 204);
    await host.create('never-started', ['true']);
    await expect(host.socket, 'DELETE /containers/unused?force=1', 204);
    const before = await Promise.all(['one', 'two', 'resting'].map(inspect));
    const were = { names: await names(), tags: await tags() };

    const info = await engine.client.takeSnapshot('kept', 'task-1');
    assert.deepEqual(
      { id: info.id, containersRunning: info.containersRunning },
      { id: 'task-1', containersRunning: 3 },
    );
    assert.equal((await engine.client.host('kept')).containersRunning, 3, 'and the host runs on');

    await host.shell('echo second >/home/student/file; rm -r /srv/deep; echo new >/root/new', 'root');
    for (const name of ['one', 'two', 'resting', 'never-started'])
      await expect(host.socket, `DELETE /containers/${name}?force=1`, 204);
    await expect(host.socket, 'DELETE /images/own', 200);
    await host.run('later', ['sleep', '1000']);
    await expect(host.socket, 'POST /images/busybox/tag?repo=later&tag=1', 201);
    await engine.client.openTerminal('kept', { id: 'open', rows: 24, columns: 80 });
    const terminal = await TerminalReader.attach(engine.client, 'kept', 'open', 0);

    const { state, containersRunning, terminals } = await engine.client.restoreSnapshot('kept', 'task-1');
    assert.deepEqual({ state, containersRunning, terminals }, { state: 'running', containersRunning: 3, terminals: 0 });
    terminal.close();
    assert.equal((await host.shell('cat /home/student/file /srv/deep/file; ls /root')).stdout, 'first\nx\n');
    assert.deepEqual({ names: await names(), tags: await tags() }, were);
    for (const was of before) {
      const is = await inspect(was.Id);
      assert.equal(is.State.Status, was.State.Status);
      assert.equal(is.NetworkSettings.IPAddress, was.NetworkSettings.IPAddress);
      assert.deepEqual(is.NetworkSettings.Ports, was.NetworkSettings.Ports);
    }
    await until('both serve', async () => (await served(8002)) === 'two\n' && (await served(32_768)) === 'one\n');
    await expect(host.socket, 'GET /images/own/json', 200);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('can be restored as often as one likes, and one of the same id takes its place', async () => {
    await host.shell('echo third >/home/student/file');
    await engine.client.restoreSnapshot('kept', 'task-1');
    assert.equal((await host.shell('cat /home/student/file')).stdout, 'first\n');
    await host.shell('echo fourth >/home/student/file');
    await engine.client.takeSnapshot('kept', 'task-1');
    await engine.client.takeSnapshot('kept', 'task-2');
    assert.deepEqual(
      (await engine.client.snapshots('kept')).map(({ id }) => id),
      ['task-1', 'task-2'],
    );
    await host.shell('echo fifth >/home/student/file');
    await engine.client.restoreSnapshot('kept', 'task-1');
    assert.equal((await host.shell('cat /home/student/file')).stdout, 'fourth\n');
    assert.equal(readdirSync(`${store()}/snapshots/${host.info.id}`).length, 2);
  });

  test('outlives the engine, and is restored by the next one', async () => {
    await engine.kill();
    await engine.start();
    await host.shell('echo sixth >/home/student/file');
    await engine.client.restoreSnapshot('kept', 'task-2');
    assert.equal((await host.shell('cat /home/student/file')).stdout, 'fourth\n');
    assert.equal((await inspect('two')).State.Running, true);
  });

  test('holds the images that it needs, and lets them go with itself', async () => {
    await engine.client.takeSnapshot('kept', 'with-own');
    await expect(host.socket, 'DELETE /images/own', 200);
    const other = await createDockerHost(engine, 'other');
    await engine.client.removeHost(other.name); // sweeps the store
    const blobs = (): number => readdirSync(`${store()}/blobs/sha256`).length;
    assert.equal(blobs(), 2); // the configuration of `own`, and its layer as it came
    for (const { id } of await engine.client.snapshots('kept')) await engine.client.removeSnapshot('kept', id);
    // At once, unless the machine is so slow that some are left for the next turn.
    await until('the blobs have gone', () => blobs() === 0);
    assert.deepEqual(readdirSync(`${store()}/snapshots/${host.info.id}`), []);
    await engine.client.removeSnapshot('kept', 'with-own');
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('that is not there, or has no name that can be, is refused', async () => {
    await assert.rejects(engine.client.restoreSnapshot('kept', 'nothing'), { kind: 'notFound' });
    for (const id of ['..', 'A', 'a/b', 'a'.repeat(65), '%2e%2e', '-\n'])
      await assert.rejects(engine.client.takeSnapshot('kept', id), { kind: 'invalid' }, id);
    assert.deepEqual(await engine.client.snapshots('kept'), []);
  });
});

describe('what is kept is bounded', () => {
  const fill = (name: string, MiBs: number) =>
    host.shell(`dd if=/dev/urandom of=/home/student/${name} bs=1M count=${MiBs} conv=fsync 2>&1`);

  test('a restored host has the disk that it had, and no more', async () => {
    await engine.client.takeSnapshot('kept', 'empty');
    assert.equal((await fill('big', 30)).exitCode, 0);
    await engine.client.takeSnapshot('kept', 'big');
    await engine.client.restoreSnapshot('kept', 'big');
    const { exitCode, stdout } = await fill('more', 50);
    assert.equal(exitCode, 1);
    assert.match(stdout, /[Qq]uota exceeded|No space left/);
    await engine.client.restoreSnapshot('kept', 'empty');
    assert.equal((await fill('big', 30)).exitCode, 0);
    await host.shell('rm /home/student/big');
  });

  test('a host and all its snapshots together hold no more than twice its disk', async () => {
    for (const id of ['one', 'two']) {
      await host.shell('rm -f /home/student/big');
      await fill('big', 40);
      await engine.client.takeSnapshot('kept', id);
    }
    await host.shell('rm -f /home/student/big');
    const { exitCode, stdout } = await fill('big', 50);
    assert.equal(exitCode, 1);
    assert.match(stdout, /[Qq]uota exceeded|No space left/);
    for (const { id } of await engine.client.snapshots('kept')) await engine.client.removeSnapshot('kept', id);
    await host.shell('rm -f /home/student/big');
    // The kernel frees what was in them behind.
    await until('the room is there again', async () => (await fill('big', 50)).exitCode === 0);
    await host.shell('rm -f /home/student/big');
  });

  test('a host has at most 40 of them', async () => {
    for (let number = 0; number < 40; number++) await engine.client.takeSnapshot('kept', `s${number}`);
    await assert.rejects(engine.client.takeSnapshot('kept', 'one-more'), { kind: 'exhausted' });
    await engine.client.takeSnapshot('kept', 's7');
    await engine.client.resetHost('kept');
    assert.deepEqual(await engine.client.snapshots('kept'), []);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });
});

test('two hosts and their snapshots do not mix', async () => {
  const other = await createDockerHost(engine, 'neighbour');
  await host.shell('echo mine >/home/student/file');
  await other.shell('echo theirs >/home/student/file');
  await engine.client.takeSnapshot('kept', 'same');
  await engine.client.takeSnapshot('neighbour', 'same');
  await other.shell('echo changed >/home/student/file');
  const running = await other.run('running', ['sleep', '1000']);
  await engine.client.restoreSnapshot('kept', 'same');
  assert.equal((await other.shell('cat /home/student/file')).stdout, 'changed\n');
  assert.ok(existsSync(`/proc/${running}`));
  await engine.client.removeHost('kept');
  await engine.client.restoreSnapshot('neighbour', 'same');
  assert.equal((await other.shell('cat /home/student/file')).stdout, 'theirs\n');
  await engine.client.removeHost('neighbour');
  assert.deepEqual(readdirSync(`${store()}/snapshots`), []);
  assert.deepEqual(readdirSync(`${store()}/hosts`), []);
});
