// `drydock up` as an operator has it: one at a time, processes that come back, and nothing left when it ends.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, test } from 'vitest';
import { leftovers } from '../leftovers.ts';
import { drydockCommand, runDrydock } from '../support/command.ts';
import { settingsFor, startDrydock, startSupervisor, stopSupervisor, type TestDrydock } from '../support/drydock.ts';
import { freePort, makeInstance } from '../support/instance.ts';
import { conmonsOf, processesBelow } from '../support/outside.ts';
import { RealTerminal } from '../support/real-terminal.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

let drydock: TestDrydock;
beforeAll(async () => {
  drydock = await startDrydock();
});
afterAll(() => drydock?.[Symbol.asyncDispose]());

test('a file of mirrors that cannot be read, or is wrong, is told in a sentence, and nothing starts', async () => {
  const instance = await makeInstance();
  const env = settingsFor(instance, await freePort(), { DRYDOCK_MIRRORS: '/nonexistent/mirrors' });
  const { exitCode, stdout, stderr } = await runDrydock(env, 'up');
  assert.deepEqual(
    [exitCode, stdout, stderr],
    [1, '', 'drydock: DRYDOCK_MIRRORS: the file of mirrors /nonexistent/mirrors cannot be read: ENOENT.\n'],
  );
  await instance[Symbol.asyncDispose]();
});

interface Status {
  readonly ready: boolean;
  readonly url: string;
  readonly supervisor: { readonly pid: number | null };
  readonly engine: { readonly pid: number | null };
  readonly server: { readonly pid: number | null };
  readonly hosts: readonly { readonly name: string; readonly pid: number }[];
  readonly sessions: number;
}

const status = async (): Promise<Status> => JSON.parse((await drydock.run('status', '--json')).stdout);

/** Events would need a connection that dies with what it watches, so this asks. */
async function statusOnce(what: string, holds: (now: Status) => boolean): Promise<Status> {
  let now: Status | undefined;
  await until(what, async () => {
    now = await status();
    return holds(now);
  });
  assert.ok(now);
  return now;
}

test('status tells the processes, the address and the hosts', async () => {
  // A server that is busy is told of as not ready.
  const now = await statusOnce('it is ready', ({ ready }) => ready);
  assert.equal(now.supervisor.pid, drydock.supervisor.pid);
  assert.equal(now.url, drydock.url);
  assert.ok(now.engine.pid && existsSync(`/proc/${now.engine.pid}`));
  assert.equal(now.sessions, 0);
});

test('an OCI runtime with a known hole is told at the start, in one line', async () => {
  const { stdout } = await run('crun', ['--version']);
  const version = /\d+\.(\d+)[.\d]*/.exec(stdout);
  const told = /^drydock: OCI runtime: (.*)$/m.exec(drydock.notices())?.[1];
  if (Number(version?.[1]) >= 28) assert.equal(told, undefined);
  else
    assert.equal(
      told,
      `crun ${version?.[0]}. It is older than 1.28, the first without CVE-2026-47766; drydock doctor says what that means.`,
    );
});

test('the page is served', async () => {
  const response = await fetch(drydock.url);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /<html/);
});

test('the server is nobody: no root, no capability, none to gain, and cannot write to the clone', async () => {
  const { server } = await status();
  const fields = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  assert.doesNotMatch(fields, /^Uid:\s+0\b/m);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    assert.match(fields, new RegExp(`^${set}:\\s+0+$`, 'm'));
  assert.match(fields, /^NoNewPrivs:\s+1$/m);
  assert.match(fields, /^Groups:\s*$/m);
  const app = path.join(drydock.instance.run, 'app');
  const mount = readFileSync(`/proc/${server.pid}/mountinfo`, 'utf8')
    .split('\n')
    .findLast((line) => line.split(' ')[4] === app);
  assert.match(mount?.split(' ')[5] ?? '', /^ro,nosuid,nodev/);
});

test('the engine has a mount namespace of its own, and its socket is for root and the server alone', async () => {
  const { engine, server } = await status();
  assert.notEqual(readlinkSync(`/proc/${engine.pid}/ns/mnt`), readlinkSync('/proc/self/ns/mnt'));
  const { mode, uid } = statSync(drydock.engineSocket);
  assert.equal(mode & 0o777, 0o600);
  assert.equal(uid, statSync(`/proc/${server.pid}`).uid);
});

test('a second up in the same run directory says that one runs, and ends', async () => {
  const { exitCode, stderr } = await runDrydock(drydock.env, 'up');
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`already runs here, as process ${drydock.supervisor.pid}, at ${drydock.url}`));
  await statusOnce('the first is as it was', ({ ready }) => ready);
});

test('H09 a second Drydock on the same data is refused with a sentence, also where only the engine of the first is left', async () => {
  await using other = await makeInstance();
  const env = settingsFor(other, await freePort(), { DRYDOCK_DATA: drydock.instance.data });
  await drydock.run('host', 'create', 'mine');
  const refused = async (who: RegExp) => {
    const { exitCode, stderr } = await runDrydock(env, 'up');
    assert.equal(exitCode, 1);
    assert.match(stderr, who);
    assert.match(stderr, new RegExp(`DRYDOCK_RUN=${drydock.instance.run} drydock down, or set DRYDOCK_DATA`));
    assert.ok(!existsSync(other.run), 'nothing of it is left');
  };
  await refused(new RegExp(`DRYDOCK_DATA=${drydock.instance.data} is in use .*process ${drydock.supervisor.pid}, `));
  // What `drydock up` itself does not see, the engine does: here its lock is all that is there.
  const { engine } = await status();
  process.kill(drydock.supervisor.pid ?? 0, 'SIGSTOP');
  try {
    await rm(path.join(drydock.instance.data, 'lock'));
    await refused(new RegExp(`process ${engine.pid}, `));
  } finally {
    process.kill(drydock.supervisor.pid ?? 0, 'SIGCONT');
  }
  assert.ok((await status()).hosts.some(({ name }) => name === 'mine'));
  await drydock.run('host', 'rm', 'mine');
});

test('a host is made, listed, checked and removed', async () => {
  const created = await drydock.run('host', 'create', 'bench-1');
  const socket = created.stdout.trim().split('\n').at(-1) ?? '';
  assert.ok(statSync(socket).isSocket(), created.stderr);
  const again = await drydock.run('host', 'create', 'bench-1');
  assert.deepEqual(again, {
    exitCode: 0,
    stdout: `${socket}\n`,
    stderr: 'drydock: There is a host bench-1 already.\n',
  });
  assert.deepEqual(await drydock.run('host', 'socket', 'bench-1'), { exitCode: 0, stdout: `${socket}\n`, stderr: '' });
  const none = await drydock.run('host', 'socket', 'bench-2');
  assert.deepEqual({ ...none, stderr: '' }, { exitCode: 1, stdout: '', stderr: '' });
  assert.match(none.stderr, /^drydock: There is no host bench-2; .*\n$/);
  const listed = JSON.parse((await drydock.run('host', 'ls', '--json')).stdout) as { name: string }[];
  assert.ok(listed.some(({ name }) => name === 'bench-1'));
  assert.equal((await drydock.run('check')).exitCode, 0);
  assert.equal((await drydock.run('host', 'reset', 'bench-1')).exitCode, 0);
  assert.equal((await drydock.run('host', 'rm', 'bench-1')).exitCode, 0);
  assert.equal((await drydock.run('host', 'rm', 'bench-1')).exitCode, 1);
  assert.ok(!existsSync(socket));
});

test('host shell is a terminal in the workspace, of the size of one’s own, and ends with the exit code of the shell', async () => {
  await drydock.run('host', 'create', 'desk');
  using shell = new RealTerminal(drydockCommand, ['host', 'shell', 'desk'], {
    rows: 33,
    columns: 111,
    env: drydock.env,
  });
  await shell.says(/student@docker-host/);
  shell.type('[ -t 0 ] && echo "$(id -un) has $((6 * 7)), and $(stty size)"\r');
  await shell.says(/student has 42, and 33 111/);
  shell.resize(20, 70);
  // The size of a shell at its prompt: bash asks for it when it is told of a change.
  shell.type('until [ "$(stty size)" = "20 70" ]; do sleep 0.1; done; echo it is so$((0))\r');
  await shell.says(/it is so0/);
  shell.type('exit 7\r');
  assert.equal(await shell.ended, 7);
  const without = await drydock.run('host', 'shell', 'desk');
  assert.equal(without.exitCode, 2);
  assert.match(without.stderr, /A shell needs a terminal/);
  await drydock.run('host', 'rm', 'desk');
});

/** CAP_SYS_RESOURCE, bit 24 of capabilities(7): without it nobody lowers a score, as in a container. */
const lowers = (BigInt(`0x${/^CapEff:\s+(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`) >> 24n) & 1n;

test('when memory is short the kernel ends what a student runs before engine and server, which hand their own score on to nobody', async () => {
  const now = await status();
  const scoreOf = (pid: number) => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'));
  const own = lowers ? -500 : 0;
  assert.deepEqual(
    [now.engine.pid, now.server.pid].map((pid) => scoreOf(pid ?? 0)),
    [own, own],
  );
  // Where nobody can lower it, another score of the engine shows as well what is handed on.
  if (!lowers) writeFileSync(`/proc/${now.engine.pid}/oom_score_adj`, '150');
  try {
    const { stdout } = await drydock.run('host', 'create', 'hungry');
    const docker = (...args: string[]) => run('docker', ['-H', `unix://${stdout.trim()}`, ...args]);
    await docker('run', '-d', '--name', 'eats', 'busybox', 'sleep', '1000');
    await docker('exec', '-d', 'eats', 'sleep', '1000');
    const group = `drydock/${drydock.instance.name}`;
    await until('they run', () => processesBelow(group).length >= 3);
    for (const pid of processesBelow(group))
      assert.equal(scoreOf(pid), 100, readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    const conmons = conmonsOf(drydock.instance.run);
    assert.ok(conmons.length >= 3);
    for (const { pid } of conmons) assert.equal(scoreOf(pid), 0);
  } finally {
    if (!lowers) writeFileSync(`/proc/${now.engine.pid}/oom_score_adj`, '0');
    await drydock.run('host', 'rm', 'hungry');
  }
});

for (const victims of [['engine'], ['server'], ['engine', 'server']] as const) {
  test(`kill -9 of ${victims.join(' and ')}: started again, hosts go on`, async () => {
    await drydock.run('host', 'create', 'survivor');
    const before = await statusOnce('it runs', (now) => now.hosts.length > 0 && now.server.pid !== null);
    const init = before.hosts.find(({ name }) => name === 'survivor')?.pid;
    for (const name of victims) process.kill(before[name].pid ?? 0, 'SIGKILL');
    const now = await statusOnce(
      'it runs again',
      (later) =>
        later.ready && victims.every((name) => later[name].pid !== null && later[name].pid !== before[name].pid),
    );
    assert.equal(now.hosts.find(({ name }) => name === 'survivor')?.pid, init);
    assert.equal((await fetch(drydock.url)).status, 200);
    for (const name of victims)
      assert.match(drydock.notices(), new RegExp(`The ${name} ended with SIGKILL. Starting it again`));
    await drydock.run('host', 'rm', 'survivor');
  });
}

test('a taken port is told, with who has it, and nothing is left', async () => {
  await using instance = await makeInstance();
  await using server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const { port } = address;
  const { exitCode, stderr } = await runDrydock(settingsFor(instance, port), 'up');
  assert.equal(exitCode, 1);
  assert.match(stderr, new RegExp(`Port ${port} is taken: .*process ${process.pid}.*DRYDOCK_PORT`));
  assert.ok(!existsSync(instance.run));
});

test('a disk that is too small is told, and nothing is left', async () => {
  await using instance = await makeInstance();
  const small = path.join(instance.folder, 'small');
  await mkdir(small);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', small]);
  try {
    const env = settingsFor(instance, await freePort(), { DRYDOCK_DATA: small });
    const { exitCode, stderr } = await runDrydock(env, 'up');
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /disk: 64 MiB free for .*\. Drydock needs 4 GiB to start\. Make room, or put DRYDOCK_DATA on a larger disk\./,
    );
    assert.ok(!existsSync(instance.run));
  } finally {
    await run('umount', [small]);
  }
});

test('kill -9 of the supervisor: the next up takes over, and down leaves nothing', async () => {
  await using instance = await makeInstance();
  const env = settingsFor(instance, await freePort());
  const first = await startSupervisor(env);
  const statusOf = async (): Promise<Status> => JSON.parse((await runDrydock(env, 'status', '--json')).stdout);
  await runDrydock(env, 'host', 'create', 'kept');
  const init = (await statusOf()).hosts.find(({ name }) => name === 'kept')?.pid;
  const killed = once(first.supervisor, 'exit');
  first.supervisor.kill('SIGKILL');
  await killed;
  const second = await startSupervisor(env);
  assert.equal((await statusOf()).hosts.find(({ name }) => name === 'kept')?.pid, init);
  const down = await runDrydock(env, 'down');
  assert.equal(down.exitCode, 0, down.stderr);
  await stopSupervisor(second.supervisor);
  assert.deepEqual(
    (await leftovers(instance.name)).filter((line) => !line.startsWith('file:')),
    [],
  );
  // Whoever buries the host's init is none of ours.
  await until('its init is gone', () => !existsSync(`/proc/${init}`));
});
