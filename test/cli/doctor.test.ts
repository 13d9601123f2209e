// `drydock doctor`: what it makes of a machine's files, and that it leaves nothing behind.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { onTestFinished, test } from 'vitest';
import { describeCgroups, describeMoves } from '../../cli/doctor/cgroups.ts';
import { examineGate, examineProxy } from '../../cli/doctor/exposure.ts';
import { examineFolders } from '../../cli/doctor/folders.ts';
import { examinePreviews } from '../../cli/doctor/previews.ts';
import { examineReserve, examineShares, examineTableSizes } from '../../cli/doctor/tables.ts';
import { overlaps, parseSubordinateIds, rangeOfEngine } from '../../cli/doctor/users.ts';
import { runDrydock } from '../support/command.ts';
import { testRun } from '../support/instance.ts';

const proc = (hierarchy: number) => `#subsys_name\thierarchy\tnum_cgroups\tenabled
cpu\t${hierarchy}\t1\t1
memory\t${hierarchy}\t1\t1
pids\t${hierarchy}\t1\t1
hugetlb\t0\t1\t1
`;

test('cgroups: version 2 alone', () => {
  assert.deepEqual(describeCgroups(proc(0), 'cpu io memory pids\n', false), {
    version: 'v2',
    controllers: ['cpu', 'blkio', 'memory', 'pids', 'freezer'],
  });
});

test('cgroups: version 1 alone', () => {
  assert.deepEqual(describeCgroups(proc(3), null, true), { version: 'v1', controllers: ['cpu', 'memory', 'pids'] });
});

test('cgroups: version 1 with a version 2 tree beside it is hybrid', () => {
  assert.equal(describeCgroups(proc(3), 'hugetlb\n', true)?.version, 'hybrid');
});

test('cgroups: none', () => {
  assert.equal(describeCgroups(proc(0), null, false), null);
});

test('cgroups: where moves wait for every CPU, what that costs and what to do is told', () => {
  const moves = (features: string, ...options: string[]) => describeMoves(features, options, '/sys/fs/cgroup');
  const slow = moves('nsdelegate\nfavordynmods\n', 'rw', 'nsdelegate');
  assert.equal(slow?.state, 'poor');
  assert.match(slow.advice, /mount -o remount,favordynmods \/sys\/fs\/cgroup\./);
  assert.equal(moves('nsdelegate\nfavordynmods\n', 'rw', 'nsdelegate', 'favordynmods')?.state, 'good');
  assert.equal(moves('nsdelegate\n', 'rw', 'nsdelegate'), null);
});

test('tables of the kernel that are too small and cannot be raised are told of, with whom that harms and what to do', async () => {
  const folder = await mkdtemp('/tmp/drydock-sys-');
  try {
    assert.equal(examineTableSizes(folder).state, 'good'); // a kernel without them
    await mkdir(`${folder}/fs`);
    await writeFile(`${folder}/fs/aio-max-nr`, '65536\n');
    assert.equal(examineTableSizes(folder).state, 'good'); // the engine raises it
    await promisify(execFile)('mount', ['--types', 'tmpfs', 'tmpfs', `${folder}/fs`]);
    await writeFile(`${folder}/fs/aio-max-nr`, '65536\n');
    await promisify(execFile)('mount', ['--options', 'remount,ro', `${folder}/fs`]);
    const told = examineTableSizes(folder);
    assert.equal(told.state, 'poor');
    assert.match(told.found, /fs\.aio-max-nr$/);
    assert.match(told.advice, /leave the others without io_setup\(2\).*sysctl -w fs\.aio-max-nr=\d+$/);
  } finally {
    await promisify(execFile)('umount', [`${folder}/fs`]).catch(() => undefined);
    await rm(folder, { recursive: true });
  }
});

test('a root who cannot divide what is counted by user is told, where runc is used', () => {
  const [all, lacking] = ['CapEff:\t000001ffffffffff\n', 'CapEff:\t000001fffeffffff\n'];
  const of = (ociRuntime: string, status: string) => examineShares({ ociRuntime }, status).state;
  assert.equal(of('/usr/bin/crun', lacking), 'good');
  assert.equal(of('/usr/sbin/runc', all), 'good');
  assert.equal(of('/usr/sbin/runc', lacking), 'poor');
});

test('a container whose kernel does not tell of the machine’s first namespace is told of', () => {
  const stateOf = (release: string, second: string) => examineReserve(release, second).state;
  assert.equal(stateOf('6.1.0-37-amd64', 'kthreadd'), 'good');
  assert.equal(stateOf('6.12.0', 'bash'), 'good');
  assert.equal(stateOf('7.0.1', ''), 'good');
  assert.equal(stateOf('6.1.0-37-amd64', 'bash'), 'poor');
});

test('previews that share a domain with the site are told of, with what that costs', () => {
  const origin = 'https://drydock.example.org';
  const stateOf = (previewOrigin: string | null, at = origin) => examinePreviews({ previewOrigin, origin: at }).state;
  const shared = examinePreviews({ previewOrigin: 'https://*.preview.example.org', origin });
  assert.equal(shared.state, 'poor');
  assert.match(shared.advice, /push other students’ Drydock cookies out/);
  assert.equal(stateOf('https://*.preview.example.com'), 'good');
  assert.equal(stateOf(null), 'poor');
  assert.equal(stateOf(null, 'http://localhost:8080'), 'good');
});

test('a site that others can reach without a code is told of, and a proxy that is not named', () => {
  const here = { listen: '127.0.0.1', origin: 'http://localhost:8080', invite: null, trustedProxy: [] };
  assert.deepEqual([examineGate(here).state, examineProxy(here).state], ['good', 'good']);
  const proxied = { ...here, origin: 'https://drydock.example.org' };
  assert.deepEqual([examineGate(proxied).state, examineProxy(proxied).state], ['poor', 'poor']);
  assert.match(examineGate(proxied).advice, /Set DRYDOCK_INVITE/);
  assert.equal(examineGate({ ...proxied, invite: 'blue-whale-4711' }).state, 'good');
  assert.equal(examineProxy({ ...proxied, trustedProxy: ['10.0.0.0/8'] }).state, 'good');
  const open = { ...here, listen: '0.0.0.0' };
  assert.deepEqual([examineGate(open).state, examineProxy(open).state], ['poor', 'good']);
});

test("user numbers that /etc/subuid gave away are seen, at the range's edges too", () => {
  const given = parseSubordinateIds('ada:100000:65536\nbroken\nbob:165536:65536\n');
  assert.equal(given.length, 2);
  assert.deepEqual(overlaps(given, 231_072, 65_536), []);
  assert.deepEqual(
    overlaps(given, 231_071, 65_536).map(({ owner }) => owner),
    ['bob'],
  );
  assert.deepEqual(
    overlaps(given, 0, 4_000_000_000).map(({ owner }) => owner),
    ['ada', 'bob'],
  );
});

test('the user numbers of another engine are read from its arguments', () => {
  const argv = [
    '/x/node',
    '/x/runtime/main.ts',
    '--instance',
    'two',
    '--run',
    '/run/two',
    '--uid-base',
    '300000',
    '--uid-ranges=2',
  ];
  assert.deepEqual(rangeOfEngine(argv), {
    run: '/run/two',
    owner: 'the Drydock of /run/two',
    first: 300_000,
    count: 131_072,
  });
  assert.equal(rangeOfEngine(['vim', 'main.ts']), null);
});

test('doctor says in JSON what it says in words, and exits 0 where Drydock can run', async () => {
  // Others on this machine may be trying it just now, in theirs.
  const folder = await mkdtemp(`/tmp/${testRun}-doctor-`);
  onTestFinished(() => rm(folder, { recursive: true }));
  const env = {
    ...process.env,
    DRYDOCK_CONFIG: '/dev/null',
    DRYDOCK_RUN: '/tmp/none',
    DRYDOCK_PORT: '1',
    TMPDIR: folder,
  };
  const [json, words] = [await runDrydock(env, 'doctor', '--json'), await runDrydock(env, 'doctor')];
  const { ok, findings } = JSON.parse(json.stdout) as { ok: boolean; findings: { name: string; state: string }[] };
  assert.equal(json.exitCode, ok ? 0 : 1);
  assert.equal(words.exitCode, json.exitCode, words.stdout);
  for (const name of ['kernel', 'cgroups', 'idmapped mounts', 'overlay', 'OCI runtime', 'disk', 'port']) {
    assert.ok(
      findings.some((finding) => finding.name === name),
      `nothing is said of ${name}`,
    );
  }
  assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(folder));
  assert.deepEqual(readdirSync(folder), []);
});

test('what a busy machine makes late is no lack of the machine', async () => {
  const folder = await mkdtemp(`/tmp/${testRun}-doctor-`);
  onTestFinished(() => rm(folder, { recursive: true }));
  // The user namespace that an idmapped mount is tried with.
  const late = '#!/bin/sh\nsleep 2\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nexec unshare "$@"\n';
  await writeFile(`${folder}/unshare`, late, { mode: 0o755 });
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, DRYDOCK_CONFIG: '/dev/null', DRYDOCK_PORT: '1' };
  const { stdout } = await runDrydock(env, 'doctor', '--json');
  const { findings } = JSON.parse(stdout) as { findings: { name: string; state: string; found: string }[] };
  const idmap = findings.find(({ name }) => name === 'idmapped mounts');
  assert.ok(idmap);
  assert.equal(idmap.state, 'good', idmap.found);
});

test('doctor exits 1 where the port is taken, and says by whom', async () => {
  const { createServer } = await import('node:net');
  await using server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const env = {
    ...process.env,
    DRYDOCK_CONFIG: '/dev/null',
    DRYDOCK_RUN: '/tmp/none',
    DRYDOCK_PORT: String(address.port),
  };
  const { exitCode, stdout } = await runDrydock(env, 'doctor');
  assert.equal(exitCode, 1);
  assert.match(stdout, new RegExp(`✗ port +127.0.0.1 port ${address.port}: .*process ${process.pid}`));
});

test('a folder that the server’s user cannot get to is told, with who closes it and what to do', async () => {
  const folder = await mkdtemp(`/tmp/${testRun}-folders-`);
  onTestFinished(() => rm(folder, { recursive: true }));
  const [data, run] = [`${folder}/home/drydock`, `${folder}/run`];
  const of = () => examineFolders({ data, run, user: 'nobody' });
  await chmod(folder, 0o755);
  assert.equal((await of()).state, 'good', 'neither is there yet');
  await mkdir(`${folder}/home`, { mode: 0o700 });
  const { state, found, advice } = await of();
  assert.equal(state, 'lacking');
  assert.equal(found, `DRYDOCK_DATA is ${data}, and ${folder}/home keeps the user nobody out`);
  assert.match(advice, /runs as that user .* chmod o\+x \S+\/home$/);
  await chown(`${folder}/home`, 65_534, 65_534);
  assert.equal((await of()).state, 'good', 'it is the user’s own');
  await chown(`${folder}/home`, 0, 0);
  await chmod(`${folder}/home`, 0o711);
  await mkdir(run, { mode: 0o700 });
  assert.equal((await of()).state, 'good', 'the run directory itself is opened at each start');
  await chmod(folder, 0o700);
  assert.match((await of()).found, /^DRYDOCK_DATA is /);
});
