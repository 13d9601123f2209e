// H06: what conmon and the OCI runtime do for a host is charged to the host. A flood of output costs the student's share of the
// CPU and nobody else's; a host that has used up its processes or memory is told so, and no exit code is lost.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { maxLogBytes } from '../../runtime/limits.ts';
import { expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { conmonsOf, controlOf, cpuUs, monitorsBelow, unifiedCgroups } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';

let engine: RunningEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'loud');
});

afterAll(() => engine[Symbol.asyncDispose]());

/** Its group in every tree of cgroups that charges. */
function groupsOf(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'latin1').trim().split('\n');
  const charging = lines.filter((line) =>
    unifiedCgroups ? line.startsWith('0::') : /^\d+:[^:]*\b(memory|cpu|cpuacct|pids|blkio)\b/.test(line),
  );
  return charging.map((line) => line.split(':').slice(2).join(':'));
}

const limitFile = (group: string) => `/sys/fs/cgroup${unifiedCgroups ? '' : '/pids'}${group}/pids.max`;
const isGone = (pid: number): boolean => !readdirSync('/proc').includes(String(pid));

/** Of a process alone: utime and stime in proc(5), in hundredths of a second. */
function cpuUsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

describe('H06: a flood of output', () => {
  const floods = Array.from({ length: 12 }, (_, index) => `flood-${index}`);
  /** Waits with its flood until it is told: twelve that flood already would make the start of the next one slow. */
  const waits = ['sh', '-c', 'trap "exec yes" USR1; while :; do sleep 1000 & wait $!; done'];
  const pids: number[] = [];
  const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'latin1').trim();

  beforeAll(async () => {
    for (const name of floods) pids.push(await host.run(name, waits));
    // One that has a child has set its trap.
    await until('all of them wait', () => pids.every((pid) => read(pid, `task/${pid}/children`) !== ''));
    for (const flags of [{}, { Tty: true }]) await host.exec('flood-0', ['sleep', '1000'], flags);
    await engine.client.openTerminal(host.name, { id: 'one', rows: 24, columns: 80 });
  });

  test('comes through conmons that are in their host’s own group, in whatever way they were started', () => {
    const conmons = conmonsOf(engine.instance.run).map(({ pid }) => pid);
    // The workspace's, the containers', two execs', a terminal's.
    assert.equal(conmons.length, 1 + floods.length + 2 + 1);
    for (const pid of conmons)
      for (const group of groupsOf(pid)) assert.equal(group, `${host.group}/monitors`, `conmon ${pid}`);
    assert.deepEqual(monitorsBelow(host.group).sort(), conmons.sort());
  });

  test('takes, with all that the engine does for it, no more than the host’s share of the CPU and a tenth', async () => {
    for (const name of floods) await expect(host.socket, `POST /containers/${name}/kill?signal=USR1`, 204);
    await until('all of them flood', () => pids.every((pid) => read(pid, 'comm') === 'yes'));
    await delay(500);
    /** Of the host, of the engine, and of conmons that are not counted as the host's. */
    const allUs = (): number => {
      const conmons = conmonsOf(engine.instance.run).map(({ pid }) => pid);
      const uncounted = conmons.filter((pid) => !groupsOf(pid).every((group) => group.startsWith(host.group)));
      return cpuUs(host.group) + [engine.pid, ...uncounted].reduce((sum, pid) => sum + cpuUsOf(pid), 0);
    };
    // The span contains what is measured, however long this process has to wait between two lines.
    const from = performance.now();
    const beforeUs = allUs();
    await delay(4000);
    const spentMs = (allUs() - beforeUs) / 1000;
    const shareMs = (performance.now() - from) * host.info.limits.cpus;
    assert.ok(spentMs <= shareMs * 1.1, `${spentMs.toFixed(0)} ms of CPU in ${shareMs.toFixed(0)} ms`);
    const conmonUs = conmonsOf(engine.instance.run).reduce((sum, { pid }) => sum + cpuUsOf(pid), 0);
    assert.ok(conmonUs > 0, 'conmon worked, or this measured nothing');
  });

  test('leaves 10 MiB of each log, whatever was written: the rest never takes room on the disk', async () => {
    const logOf = (argv: readonly string[]) =>
      argv.find((word) => word.startsWith('k8s-file:'))?.slice('k8s-file:'.length);
    const writtenBy = (pid: number) => Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
    const loud = () => conmonsOf(engine.instance.run).filter(({ pid }) => writtenBy(pid) > 2 * maxLogBytes);
    await until('twelve have written more than two logs have room for', () => loud().length === floods.length);
    for (const { argv } of loud()) {
      const { size } = statSync(`/proc/${engine.pid}/root${logOf(argv)}`);
      assert.ok(size <= maxLogBytes, `${size} bytes`);
    }
  });

  test('ends when it is told to, and leaves no conmon', async () => {
    await Promise.all(floods.map((name) => expect(host.socket, `DELETE /containers/${name}?force=1`, 204)));
    await engine.client.closeTerminal(host.name, 'one');
    await until('only the workspace’s is left', () => monitorsBelow(host.group).length === 1);
  });
});

describe('H06: a host at its limits', () => {
  test('of memory keeps its conmons: every container that the kernel killed has its exit code', async () => {
    // In one piece more than the host may have.
    const eats = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=600M', 'count=1'];
    const names = ['eats-1', 'eats-2', 'eats-3'];
    for (const name of names) await host.create(name, eats);
    await Promise.all(names.map((name) => expect(host.socket, `POST /containers/${name}/start`, 204)));
    for (const name of names) await expect(host.socket, `POST /containers/${name}/wait`, 200, { StatusCode: 137 });
    for (const name of names) await expect(host.socket, `DELETE /containers/${name}`, 204);
    assert.equal(isGone(host.info.pid), false, 'the workspace runs');
    assert.equal((await host.output(['echo', 'on'])).text, 'on\r\n');
  });

  test('of processes says so to who starts one more, and lets docker kill end what it has', async () => {
    await host.run('target', ['sleep', '1000']);
    await host.create('late', ['true']);
    await until('the conmons of what has ended are gone', () => monitorsBelow(host.group).length === 2);
    const limit = limitFile(host.group);
    const most = readFileSync(limit);
    // As full as a bomb in three containers makes it, without 700 processes.
    writeFileSync(limit, controlOf(host.group, 'pids', 'pids.current'));
    const message = /this host has \d+ processes and can have no more; end some of them/;
    try {
      const exec = await expectSending(host.socket, 'POST /containers/target/exec', { Cmd: ['true'] }, 201);
      const { Id } = exec as { Id: string };
      await expectSending(host.socket, `POST /exec/${Id}/start`, { Detach: true }, 429, { message });
      await expect(host.socket, 'POST /containers/late/start', 429, { message });
      const command = engine.client.run(host.name, { argv: ['true'] });
      await assert.rejects(command, { kind: 'exhausted', message });
      const terminal = engine.client.openTerminal(host.name, { id: 'two', rows: 24, columns: 80 });
      await assert.rejects(terminal, { kind: 'exhausted', message });
      await expect(host.socket, 'POST /containers/target/kill', 204);
      await expect(host.socket, 'POST /containers/target/wait', 200, { StatusCode: 137 });
    } finally {
      writeFileSync(limit, most);
    }
    await expect(host.socket, 'POST /containers/late/start', 204);
    await expect(host.socket, 'POST /containers/late/wait', 200, { StatusCode: 0 });
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });
});
