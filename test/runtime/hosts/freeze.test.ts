// A frozen host: nothing of it gets any CPU, everything is there again when it is thawed, and whatever needs it says so.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { processesBelow } from '../../support/outside.ts';
import { TerminalReader } from '../../support/terminal-reader.ts';
import { until } from '../../support/until.ts';
import { ask, expect } from '../api/exchange.ts';

const busy = ['sh', '-c', 'while :; do :; done'];
/** Long enough for a busy process to be given some CPU on any machine. */
const whileMs = 300;

let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'cold');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

function statOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null; // it has just ended
  }
}

/** CPU time of everything in the host, in clock ticks: fields 14 and 15 of /proc/PID/stat. */
function ticks(of: DockerHost): number {
  return processesBelow(of.group).reduce((sum, pid) => {
    const stat = statOf(pid);
    if (stat === null) return sum;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}

async function usesCpu(of: DockerHost): Promise<boolean> {
  const before = ticks(of);
  await delay(whileMs);
  return ticks(of) > before;
}

const statusOf = async (name: string): Promise<string> =>
  ((await expect(host.socket, `GET /containers/${name}/json`, 200)) as { State: { Status: string } }).State.Status;

test('freezing stops every process where it stands, and thawing lets them go on', async () => {
  const pid = await host.run('busy', busy);
  await host.run('resting', busy);
  await expect(host.socket, 'POST /containers/resting/pause', 204);
  await engine.client.openTerminal('cold', { id: 'main', rows: 24, columns: 80 });
  const terminal = await TerminalReader.attach(engine.client, 'cold', 'main', 0);
  terminal.type('i=0; while :; do i=$((i+1)); done\r');
  await until('it uses CPU', () => usesCpu(host));

  assert.equal((await engine.client.freezeHost('cold')).state, 'frozen');
  assert.equal((await engine.client.freezeHost('cold')).state, 'frozen', 'once more changes nothing');
  assert.equal(await usesCpu(host), false);
  assert.equal((await engine.client.host('cold')).containersRunning, 2);

  assert.equal((await engine.client.thawHost('cold')).state, 'running');
  assert.equal((await engine.client.thawHost('cold')).state, 'running');
  await until('it uses CPU again', () => usesCpu(host));
  assert.equal(await host.pidOf('busy'), pid);
  assert.equal(await statusOf('resting'), 'paused');
  terminal.type('\x03');
  terminal.type('echo "count $((i > 0))"\r');
  await terminal.until(/count 1/);
  terminal.close();
});

test('a frozen host can be looked at; what would wait for its processes is refused with a sentence', async () => {
  await engine.client.freezeHost('cold');
  const frozen = { kind: 'conflict', message: /host cold is frozen; thaw it first/ } as const;
  await assert.rejects(engine.client.run('cold', { argv: ['true'] }), frozen);
  await assert.rejects(engine.client.openTerminal('cold', { id: 'other', rows: 24, columns: 80 }), frozen);
  const { status, body } = await ask(host.socket, 'POST /containers/busy/stop');
  assert.equal(status, 409);
  assert.match(JSON.stringify(body), /frozen/);
  await expect(host.socket, 'GET /containers/json', 200);
  assert.equal(await statusOf('busy'), 'running');
  const snapshot = await engine.client.takeSnapshot('cold', 'as-it-was');
  assert.equal(snapshot.containersRunning, 2);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
});

test('an engine that is killed finds a frozen host frozen, and thaws it', async () => {
  await engine.kill();
  await engine.start();
  assert.equal((await engine.client.host('cold')).state, 'frozen');
  assert.equal(await usesCpu(host), false);
  assert.equal(await statusOf('resting'), 'paused');
  assert.equal((await engine.client.startHost('cold')).state, 'running');
  await until('it uses CPU again', () => usesCpu(host));
  await expect(host.socket, 'POST /containers/resting/unpause', 204);
  await expect(host.socket, 'POST /containers/resting/stop?t=0', 204);
});

test('a frozen host is restored, stored, removed, and ended with the engine', async () => {
  await engine.client.freezeHost('cold');
  assert.equal((await engine.client.restoreSnapshot('cold', 'as-it-was')).state, 'running');
  assert.equal(await statusOf('resting'), 'paused');
  await engine.client.freezeHost('cold');
  await engine.client.storeHost('cold');
  assert.equal((await engine.client.host('cold')).state, 'stopped');
  await assert.rejects(engine.client.freezeHost('cold'), { kind: 'unavailable' });
  assert.equal((await engine.client.thawHost('cold')).state, 'stopped');
  assert.equal((await engine.client.startHost('cold')).containersRunning, 2);
  await engine.client.freezeHost('cold');
  await engine.client.removeHost('cold');
  assert.deepEqual(await engine.client.hosts(), []);
  const another = await createDockerHost(engine, 'another');
  await another.run('busy', busy);
  await engine.client.freezeHost('another');
  await engine.shutdown();
  await engine.start();
  assert.equal((await engine.client.host('another')).state, 'stopped');
});
