// What is used up: user ranges, a host's disk, a container's processes. Who uses it up is told; nobody else notices.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ask, expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { controlOf, cpuUs, groupOf, limitsOf, status } from '../support/outside.ts';
import { errorsIn, isBuilt, programOf } from '../support/system-calls.ts';
import { TerminalReader } from '../support/terminal-reader.ts';
import { until } from '../support/until.ts';

const MiB = 1024 * 1024;
const diskBytes = 96 * MiB;
let engine: TestEngine;
let greedy: DockerHost;
let other: DockerHost;

beforeAll(async () => {
  engine = await startEngine({ uidRanges: 2, hostDiskBytes: diskBytes });
  greedy = await createDockerHost(engine, 'greedy');
  other = await createDockerHost(engine, 'other');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

describe('a third host where there are users for two', () => {
  test('is refused with what to do, and leaves nothing', async () => {
    const hostsOnDisk = () => readdirSync(`/proc/${engine.pid}/root${engine.instance.data}/store/hosts`).sort();
    const before = hostsOnDisk();
    await assert.rejects(engine.client.createHost('third'), {
      kind: 'exhausted',
      message: /all 2 UID ranges are in use.*remove one, or raise DRYDOCK_UID_RANGES/,
    });
    assert.deepEqual((await engine.client.hosts()).map(({ name }) => name).sort(), ['greedy', 'other']);
    assert.deepEqual(hostsOnDisk(), before);
    assert.deepEqual(readdirSync(`${engine.instance.run}/hosts`).sort(), ['greedy', 'other']);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });
});

describe('D04: a host that fills its disk', () => {
  test('is stopped inside with “Disk quota exceeded”, in a container and in the workspace', async () => {
    await engine.client.openTerminal('greedy', { id: 'main', rows: 24, columns: 80 });
    const terminal = await TerminalReader.attach(engine.client, 'greedy', 'main', 0);
    terminal.type('docker run --name full busybox dd if=/dev/zero of=/full bs=1M count=300\r');
    await terminal.until(/Disk quota exceeded/);
    // Its log is on the same disk; the shell is heard all the same.
    terminal.type('echo "still $((40 + 2)) here"\r');
    await terminal.until(/still 42 here/);
    terminal.close();
    const { stdout } = await greedy.shell('dd if=/dev/zero of=/var/full bs=1M count=300 2>&1');
    assert.match(stdout, /Disk quota exceeded/);
  });

  test('leaves others their own: they write, run and pull', async () => {
    const { text } = await other.output([
      'sh',
      '-c',
      'dd if=/dev/zero of=/some bs=1M count=40 2>/dev/null && ls -l /some',
    ]);
    assert.match(text, new RegExp(` ${40 * MiB} `));
    await expect(other.socket, 'POST /images/create?fromImage=hello-world&tag=latest', 200).catch(async () => {
      await expect(other.socket, 'GET /images/busybox/json', 200); // a minimal catalogue has no other
    });
  });

  test('is told by the engine too, and has its containers listed, stopped and removed', async () => {
    const created = await ask(greedy.socket, 'POST /containers/create?name=late', {
      Image: 'busybox',
      Cmd: ['sh', '-c', 'echo x >/x'],
    });
    // A few bytes may be left: then it is the start that needs more.
    const answer = created.status === 201 ? await ask(greedy.socket, 'POST /containers/late/start') : created;
    assert.equal(answer.status, 500);
    assert.match(
      JSON.stringify(answer.body),
      /the disk of this host is full; remove containers or files and try again/,
    );
    if (created.status === 201) await expect(greedy.socket, 'DELETE /containers/late?force=1', 204);
    await expect(greedy.socket, 'GET /containers/json?all=1', 200);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('goes on once there is room again', async () => {
    await expect(greedy.socket, 'DELETE /containers/full', 204);
    await greedy.shell('rm -f /var/full; sync');
    await until('there is room', async () => {
      return (await greedy.shell('dd if=/dev/zero of=/var/some bs=1M count=5 2>&1 && rm /var/some')).exitCode === 0;
    });
    assert.equal((await greedy.output(['echo', 'room'])).text, 'room\r\n');
  });
});

describe('D01: a fork bomb', () => {
  test('stays below its container’s limit, and docker kill ends it', async () => {
    const pid = await greedy.run('bomb', ['sh', '-c', 'b() { b & b & sleep 1000; }; b & exec sleep 1000']);
    const group = groupOf(pid);
    const most = Number(controlOf(group, 'pids', 'pids.max'));
    // How often a fork was refused: the shells that were refused end, so the number of processes falls again.
    await until('it is at its limit', () => /^max [1-9]/m.test(controlOf(group, 'pids', 'pids.events')));
    assert.ok(Number(controlOf(group, 'pids', 'pids.current')) <= most);
    assert.equal((await other.output(['echo', 'fine'])).text, 'fine\r\n');
    assert.equal((await greedy.shell('echo shell')).stdout, 'shell\n');
    const startedAt = performance.now();
    await expect(greedy.socket, 'POST /containers/bomb/kill', 204);
    await expect(greedy.socket, 'POST /containers/bomb/wait', 200, { StatusCode: 137 });
    const tookMs = performance.now() - startedAt;
    // One that had to wait for its turn behind the bomb would never be done.
    assert.ok(tookMs < 20_000, `it took ${tookMs} ms`);
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('in the workspace stays below its host’s limit', async () => {
    const bomb = 'b() { b & b & sleep 1000; }; (b) >/dev/null 2>&1 & sleep 2; kill -9 -1';
    await engine.client.run('greedy', { argv: ['bash', '-c', bomb], user: 'root', timeoutMs: 20_000 });
    assert.equal((await other.output(['echo', 'fine'])).text, 'fine\r\n');
    await until('its shell works', async () => {
      const { stdout } = await engine.client
        .run('greedy', { argv: ['echo', 'shell'], timeoutMs: 5000 })
        .catch(() => ({ stdout: '' }));
      return stdout === 'shell\n';
    });
    assert.equal((await engine.client.host('greedy')).state, 'running');
  });
});

describe('D02: a container that takes all memory', () => {
  /** Of memory and swap together. */
  const bounded = (bytes: number) => ({ Memory: bytes, MemorySwap: bytes });

  /** How it ended, and whether the kernel ended it for want of memory. */
  async function endOf(
    name: string,
    Cmd: readonly string[],
    HostConfig: object,
    Image = 'busybox',
  ): Promise<unknown[]> {
    await greedy.create(name, Cmd, { Image, HostConfig });
    await expect(greedy.socket, `POST /containers/${name}/start`, 204);
    await expect(greedy.socket, `POST /containers/${name}/wait`, 200);
    const { State } = (await expect(greedy.socket, `GET /containers/${name}/json`, 200)) as {
      readonly State: { readonly ExitCode: number; readonly OOMKilled: boolean };
    };
    await expect(greedy.socket, `DELETE /containers/${name}`, 204);
    return [State.ExitCode, State.OOMKilled];
  }

  const fill = (file: string) => ['dd', 'if=/dev/zero', `of=${file}`, 'bs=1M', 'count=60'];
  for (const [what, Cmd, more] of [
    ['of its own', ['tail', '/dev/zero'], {}],
    ['by /dev/shm', fill('/dev/shm/full'), { ShmSize: 100 * MiB }],
    ['by a tmpfs', fill('/filled/full'), { Tmpfs: { '/filled': 'size=100m' } }],
  ] as const)
    test(`${what} is ended with 137 and OOMKilled; its host and others go on`, async () => {
      assert.deepEqual(await endOf('hungry', Cmd, { ...bounded(32 * MiB), ...more }), [137, true]);
      assert.equal((await greedy.shell('echo shell')).stdout, 'shell\n');
      assert.equal((await other.output(['echo', 'fine'])).text, 'fine\r\n');
    });

  test('by locking it is ended too, whatever limit of locked memory it asked for; what others have locked stays', {
    skip: !isBuilt,
  }, async () => {
    const at = 0x1000_0000;
    const locks = (bytes: number, waits: boolean): Buffer =>
      programOf(
        [
          { number: 9, args: [at, bytes, 3, 0x32, -1, 0] }, // mmap(2): to be read and written, private, anonymous, just there
          { number: 149, args: [at, bytes] }, // mlock(2)
        ],
        { waits },
      );
    const all = { Ulimits: [{ Name: 'memlock', Soft: -1, Hard: -1 }] };
    const keepers: number[] = [];
    for (const host of [greedy, other]) {
      await host.import('keeps', [{ name: 'locks', mode: 0o755, content: locks(2 * MiB, true) }]);
      keepers.push(await host.run('keeps', ['/locks'], { Image: 'keeps', HostConfig: all }));
    }
    const lockedBy = (pid: number) => Number(status(pid, 'VmLck').split(' ')[0]) * 1024;
    for (const pid of keepers) await until('its memory is locked', () => lockedBy(pid) === 2 * MiB);

    const [, most = ''] = limitsOf(keepers[0] ?? 0, 'Max locked memory');
    const bytes = most === 'unlimited' ? 64 * MiB : Number(most) - MiB / 4;
    await greedy.import('locks', [{ name: 'locks', mode: 0o755, content: locks(bytes, false) }]);
    const end = (HostConfig: object) => greedy.output(['/locks'], { Image: 'locks', HostConfig });
    const fits = bounded(bytes + 32 * MiB);
    assert.deepEqual(errorsIn((await end({ ...all, ...fits })).text), ['ok', 'ok']);
    assert.deepEqual(errorsIn((await end({ CapAdd: ['IPC_LOCK'], ...fits })).text), ['ok', 'ok']);
    const few = { Ulimits: [{ Name: 'memlock', Soft: MiB, Hard: MiB }] };
    assert.deepEqual(errorsIn((await end({ ...few, ...fits })).text), ['ok', 'ENOMEM']);
    const more = { ...all, ...bounded(Math.max(Math.floor(bytes * 0.8), 6 * MiB)) };
    assert.deepEqual(await endOf('hungry', ['/locks'], more, 'locks'), [137, true]);
    for (const pid of keepers) assert.equal(lockedBy(pid), 2 * MiB);
    assert.equal((await other.output(['echo', 'fine'])).text, 'fine\r\n');
    for (const host of [greedy, other]) await expect(host.socket, 'DELETE /containers/keeps?force=1', 204);
  });

  test('by files alone goes on: the cache gives way', async () => {
    assert.deepEqual(await endOf('writes', fill('/full'), bounded(16 * MiB)), [0, false]);
  });

  test('in the workspace ends by itself, and its host runs on', async () => {
    const { pid } = await engine.client.host('greedy');
    const { exitCode } = await greedy.shell(`perl -e '$all = "x" x (600 << 20)'`);
    assert.equal(exitCode, 137);
    assert.equal((await greedy.shell('echo shell')).stdout, 'shell\n');
    assert.equal((await engine.client.host('greedy')).pid, pid);
  });
});

test('D03: a host that computes and syncs without end leaves another its share of the processors', async () => {
  const loop = ['sh', '-c', 'while :; do :; done'];
  const syncs = ['sh', '-c', 'while :; do dd if=/dev/zero of=/x bs=64k count=4 conv=fsync 2>/dev/null; done'];
  // All on one processor: else what the machine does besides, mostly on one of them, would count as well.
  const here = { HostConfig: { CpusetCpus: '0' } };
  for (let at = 0; at < 4; at++) await greedy.run(`computes${at}`, at < 3 ? loop : syncs, here);
  await other.run('one', loop, here);
  const used = () => [greedy, other].map(({ group }) => cpuUs(group));
  const before = used();
  // As long as it takes until the one loop has had a second; it would take four times as long by the number of programs.
  await until('the other host has computed for a second', () => (used()[1] ?? 0) - (before[1] ?? 0) > 1_000_000);
  const [greedyUs = 0, otherUs = 0] = used().map((us, at) => us - (before[at] ?? 0));
  assert.ok(otherUs > 0.6 * greedyUs, `${otherUs} µs beside ${greedyUs} µs`);
  for (let at = 0; at < 4; at++) await expect(greedy.socket, `DELETE /containers/computes${at}?force=1`, 204);
  await expect(other.socket, 'DELETE /containers/one?force=1', 204);
});

test('D05: a host that makes files without end is stopped by its disk, and the machine has as many to give as before', async () => {
  // Those of this engine: other programs make and remove files of their own meanwhile.
  const files = () => readdirSync(engine.instance.data, { recursive: true }).length;
  const before = files();
  // What is left of the disk is used up by some ten thousand.
  await greedy.shell('dd if=/dev/zero of=/var/full bs=1M count=70 2>&1');
  const many = 'i=0; while true >/many/$i; do i=$((i+1)); done 2>/dev/null; echo $i';
  const { text } = await greedy.output(['sh', '-c', `mkdir /many && ${many}`]);
  const made = Number(text.trim());
  assert.ok(made > 5000, text);
  assert.ok(files() - before < made / 2, `${files() - before} of the machine's went with ${made}`);
  assert.equal((await other.output(['sh', '-c', 'echo fine >/file && cat /file'])).text, 'fine\r\n');
  await greedy.shell('rm /var/full');
  await until('there is room again', async () => (await greedy.shell('echo x >/var/room')).exitCode === 0);
});

test('a host that is removed gives its users to the next', async () => {
  await engine.client.removeHost('greedy');
  const third = await createDockerHost(engine, 'third');
  assert.equal(third.info.uidBase, greedy.info.uidBase);
  assert.equal((await third.output(['echo', 'new'])).text, 'new\r\n');
});
