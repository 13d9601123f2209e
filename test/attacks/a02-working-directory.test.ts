// A02, CVE-2024-21626: a working directory that leads through a leaked descriptor out of the container.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  closeSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { Bytes, expect, expectSending, upgrade } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { conmonsOf, descriptorsOf, processesBelow } from '../support/outside.ts';

const run = promisify(execFile);
const duplicate = koffi.load('libc.so.6').func('int dup2(int from, int to)') as (from: number, to: number) => number;
/** A descriptor of a directory of the machine, without close-on-exec: what a careless supervisor would leave to the engine. */
const leaked = 23;
const secret = 'file-of-the-machine';
const marker = mkdtempSync('/tmp/drydock-a02-');
let engine: TestEngine;
let host: DockerHost;

/** Sockets that listen at a `docker.sock`, as descriptors name them: proc_net(5), state 01. */
function listeningInside(): Set<string> {
  const lines = readFileSync(`/proc/${engine.pid}/net/unix`, 'latin1').trim().split('\n');
  const sockets = lines.map((line) => line.trim().split(/\s+/));
  return new Set(
    sockets.flatMap(([, , , , , state, inode, place]) =>
      state === '01' && place?.endsWith('/docker.sock') ? [`socket:[${inode}]`] : [],
    ),
  );
}

beforeAll(async () => {
  writeFileSync(path.join(marker, secret), '');
  const fd = openSync(marker, constants.O_RDONLY | constants.O_DIRECTORY);
  assert.equal(duplicate(fd, leaked), leaked);
  try {
    engine = await startEngine();
  } finally {
    closeSync(fd);
  }
  host = await createDockerHost(engine, 'leaks');
  const links = Array.from({ length: 40 }, (_, fd) => ({ name: `fd${fd}`, linkname: `/proc/self/fd/${fd}` }));
  const more = [
    { name: 'cwd1', linkname: '/proc/1/cwd' },
    { name: 'root', linkname: '/proc/self/root/../..' },
    { name: 'thread', linkname: `/proc/thread-self/fd/${leaked}` },
    { name: 'chain', linkname: `/fd${leaked}/..` },
  ];
  await host.import('leaks', [
    ...['bin', 'dev', 'proc', 'sys', 'etc', 'tmp'].map((name) => ({ name, type: 'directory' as const })),
    { name: 'bin/busybox', mode: 0o755, content: readFileSync('/bin/busybox') },
    { name: 'bin/sh', type: 'symlink', linkname: 'busybox' },
    ...[...links, ...more].map((link) => ({ ...link, type: 'symlink' as const })),
  ]);
  await host.run('base', ['/bin/busybox', 'sleep', '1000'], { Image: 'leaks' });
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  closeSync(leaked);
  rmSync(marker, { recursive: true });
});

const look = 'busybox pwd; busybox ls -a . .. ../.. ../../tmp 2>&1; busybox cat /proc/self/mountinfo | busybox head -1';
const places = ['/cwd1', '/root', '/thread', '/chain', `/fd${leaked}`, '/fd3', '/fd4', '/fd5', '/fd7'];

test('A02: what the OCI runtime of this machine does with such a directory, without the engine', async (context) => {
  const bundle = path.join(engine.instance.folder, 'bundle');
  for (const name of ['bin', 'proc', 'dev', 'sys']) mkdirSync(path.join(bundle, 'rootfs', name), { recursive: true });
  copyFileSync('/bin/busybox', path.join(bundle, 'rootfs/bin/ls'));
  const inside = [`--mount=${engine.instance.run}/mnt`, `--wd=${bundle}`, 'crun', `--root=${bundle}/state`];
  await run('nsenter', [...inside, 'spec']);
  const config = JSON.parse(readFileSync(`${bundle}/config.json`, 'utf8'));
  Object.assign(config.process, { cwd: `/proc/self/fd/${leaked}`, args: ['/bin/ls'], terminal: false });
  writeFileSync(`${bundle}/config.json`, JSON.stringify(config));
  const id = `${engine.instance.name}-control`;
  const { stdout } = await run('nsenter', [...inside, 'run', id], { timeout: 10_000 }).catch(() => ({ stdout: '' }));
  await run('nsenter', [...inside, 'delete', '--force', id]).catch(() => undefined);
  await context.annotate(
    stdout.includes(secret) ? 'it lists a directory of the machine' : 'it lists nothing of the machine',
  );
});

test('A02: the engine does have such a descriptor, and nothing that it starts has', () => {
  assert.equal(readlinkSync(`/proc/${engine.pid}/fd/${leaked}`), marker);
  const started = [...conmonsOf(engine.instance.run).map(({ pid }) => pid), ...processesBelow(host.group)];
  assert.ok(started.length >= 4);
  for (const pid of started)
    for (const { target } of descriptorsOf(pid)) assert.ok(!target.startsWith(marker), `${pid} has ${target}`);
});

describe('A02: --workdir of a container', () => {
  for (const place of [
    `/proc/self/fd/${leaked}`,
    '/proc/self/fd/3',
    '/proc/1/cwd',
    '/proc/self/root',
    '/proc/../proc/self/cwd',
  ])
    test(`at ${place} is refused`, async () => {
      const body = { Image: 'leaks', Cmd: ['/bin/busybox', 'ls'], WorkingDir: place };
      await expectSending(host.socket, 'POST /containers/create', body, 400, { message: /working directory/ });
    });

  for (const place of places)
    test(`at the link ${place} never shows the machine`, async () => {
      const name = `w${place.slice(1)}`;
      await host.create(name, ['/bin/sh', '-c', look], { Image: 'leaks', WorkingDir: place, Tty: true });
      using attached = new Bytes(host.socket);
      attached.request(`POST /containers/${name}/attach?stream=1&stdout=1`, upgrade);
      await attached.until(/101 UPGRADED/);
      using start = new Bytes(host.socket);
      start.request(`POST /containers/${name}/start`, {});
      const answer = await start.until(/^HTTP\/1\.1 (204|400|500)[\s\S]*\r\n\r\n/);
      if (!/^HTTP\/1\.1 204/.test(answer)) {
        assert.match(answer, /^HTTP\/1\.1 400/);
        return;
      }
      const said = await attached.rest();
      assert.ok(!said.includes(secret) && !said.includes(marker), said);
    });
});

describe('A02: --workdir of an exec', () => {
  test('below /proc is refused', async () => {
    const body = { Cmd: ['/bin/busybox', 'ls'], WorkingDir: `/proc/self/fd/${leaked}` };
    await expectSending(host.socket, 'POST /containers/base/exec', body, 400, { message: /working directory/ });
  });

  test('at a link to any descriptor never shows the machine', async () => {
    for (const place of [...places, ...Array.from({ length: 24 }, (_, fd) => `/fd${fd + 3}`)]) {
      const body = { Cmd: ['/bin/sh', '-c', look], WorkingDir: place, AttachStdout: true, AttachStderr: true };
      const { Id } = (await expectSending(host.socket, 'POST /containers/base/exec', body, 201)) as { Id: string };
      using attached = new Bytes(host.socket);
      attached.request(`POST /exec/${Id}/start`, upgrade, '{}');
      const said = await attached.rest();
      assert.ok(!said.includes(secret) && !said.includes(marker), said);
    }
  });
});

describe('A02: programs that the engine starts', () => {
  test('begin with three descriptors and conmon’s own pipes: no directory, no socket of the engine', async () => {
    await host.run('piped', ['/bin/busybox', 'sleep', '1000'], { Image: 'leaks' });
    await host.run('tty', ['/bin/busybox', 'sleep', '1000'], { Image: 'leaks', Tty: true, OpenStdin: true });
    await host.exec('base', ['/bin/busybox', 'sleep', '1000']);
    const ofEngine = new Set(descriptorsOf(engine.pid).flatMap(({ fd, target }) => (fd > 2 ? [target] : [])));
    const { run: place, data } = engine.instance;
    const own = new RegExp(
      `^(/dev/null|/dev/pts/ptmx|pipe:|socket:|anon_inode:|/sys/fs/cgroup/.*|${data}/store/hosts/.*/log|${place}/hosts/.*/(ctl|winsz))`,
    );
    for (const { pid, argv } of conmonsOf(place))
      for (const { fd, target } of descriptorsOf(pid)) {
        assert.match(target, own, `conmon ${pid}, descriptor ${fd}`);
        if (!/^(socket|pipe):/.test(target)) continue;
        // The workspace's keeps the socket that listens inside, for the next engine.
        const mayKeep = argv.includes(`w${host.info.id}`) && listeningInside().has(target);
        assert.ok(mayKeep || !ofEngine.has(target), `conmon ${pid} has the engine’s ${target}`);
      }
    for (const pid of processesBelow(host.group))
      for (const { fd, target } of descriptorsOf(pid))
        assert.match(
          target,
          /^(\/dev\/(null|pts\/\d+|console)|pipe:|anon_inode:\[signalfd\])/,
          `process ${pid}, descriptor ${fd}`,
        );
    await expect(host.socket, 'GET /_ping', 200);
  });
});
