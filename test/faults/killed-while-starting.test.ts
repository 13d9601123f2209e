// The engine is killed while containers, terminals and commands are being started: no record lies, nothing leaks (X03, X05).

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, test } from 'vitest';
import { ask, expect, expectSending } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { conmonsOf, programsWith } from '../support/outside.ts';
import { rounds } from '../support/soak.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const kills = rounds(10);
const atOnce = 4;

let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'starting');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
}

async function containers(): Promise<Listed[]> {
  return (await expect(host.socket, 'GET /containers/json?all=1', 200)) as Listed[];
}

async function runningOnes(): Promise<Listed[]> {
  return (await containers()).filter(({ State }) => State === 'running');
}

/** Everything that can be in hand at once; what the kill cuts off fails, and may. */
async function startMuch(round: number): Promise<void> {
  const ignore = (): void => undefined;
  const started = Array.from({ length: atOnce }, async (_, index) => {
    const name = `r${round}-${index}`;
    const HostConfig = index === 1 ? { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '0' }] } } : {};
    const body = { Image: 'busybox', Cmd: ['sleep', '1000'], Tty: index === 2, HostConfig };
    await expectSending(host.socket, `POST /containers/create?name=${name}`, body, 201);
    await expect(host.socket, `POST /containers/${name}/start`, 204);
    await host.exec(name, ['sleep', '2000']);
  });
  const terminal = engine.client.openTerminal('starting', { id: `t-${round}`, rows: 24, columns: 80 });
  const command = engine.client.run('starting', { argv: ['sleep', '3000'], timeoutMs: 60_000 });
  await Promise.all([...started, terminal, command].map((each) => each.catch(ignore)));
}

/** What the kernel has, against what the engine says. */
async function assertNothingLeaked(): Promise<void> {
  const running = (await runningOnes()).map(({ Id }) => Id);
  const workspace = `w${host.info.id}`;
  const states = readdirSync(`${engine.instance.run}/oci`).sort();
  assert.deepEqual(states, [...running, workspace].sort(), 'what the OCI runtime knows');
  const { stdout } = await run('nsenter', [`--net=/proc/${host.info.pid}/ns/net`, 'ip', '-oneline', 'link']);
  assert.equal(stdout.match(/ veth/g)?.length ?? 0, running.length, 'links of the bridge');
  const terminals = (await engine.client.terminals('starting'))
    .filter((terminal) => terminal.running)
    .map(({ id }) => id);
  const strays = conmonsOf(engine.instance.run).filter(({ argv }) => {
    const name = argv[argv.indexOf('--name') + 1] ?? '';
    const container = argv[argv.indexOf('--cid') + 1] ?? '';
    const known = name === workspace || running.includes(name) || terminals.includes(name.replace(/^t-/, ''));
    // Other processes in a container that runs are that container's: Docker leaves them too.
    return !known && !running.includes(container);
  });
  assert.deepEqual(strays, []);
  const runtimes = programsWith(`--root=${engine.instance.run}/oci`).filter(({ argv }) => !argv[0]?.endsWith('conmon'));
  assert.deepEqual(runtimes, []);
}

/** The kernel takes a container's links down a moment after the container; what does not go fails by name. */
async function untilNothingLeaks(): Promise<void> {
  const agrees = (): Promise<boolean> =>
    assertNothingLeaked().then(
      () => true,
      () => false,
    );
  await until('what was in hand has ended', agrees).catch(assertNothingLeaked);
}

test('X03: after a kill at any moment of a start, records and kernel agree, and the next start works', async () => {
  const states: Record<string, number> = {};
  /** How long a start of all takes on this machine: measured in the first round, which is killed after it. */
  let wholeMs = 0;
  for (let round = 0; round < kills; round++) {
    const began = performance.now();
    const much = startMuch(round);
    if (round > 0) await delay(randomInt(wholeMs));
    else await until('all of them run', async () => (await runningOnes()).length === atOnce);
    wholeMs ||= Math.ceil(performance.now() - began);
    await engine.kill();
    await much;
    await engine.start();
    const listed = await containers();
    for (const { State, Names } of listed) {
      states[State] = (states[State] ?? 0) + 1;
      assert.match(State, /^(running|exited|created)$/, Names[0] ?? '');
    }
    const report = await engine.client.check();
    assert.deepEqual(report, { ok: true, findings: [] }, `after kill ${round}`);
    await untilNothingLeaks();
    const { text } = await host.output(['echo', 'fine']);
    assert.equal(text, 'fine\r\n');
    for (const { Id } of listed) await expect(host.socket, `DELETE /containers/${Id}?force=1`, 204);
    for (const { id } of await engine.client.terminals('starting')) await engine.client.closeTerminal('starting', id);
  }
  assert.ok((states.running ?? 0) >= atOnce, JSON.stringify(states));
});

test('X03: the same where containers are being paused, stopped, restarted and removed', async () => {
  const verbs = ['POST /containers/NAME/pause', 'POST /containers/NAME/stop?t=0', 'POST /containers/NAME/kill'];
  const more = [
    'POST /containers/NAME/restart?t=0',
    'DELETE /containers/NAME?force=1',
    'POST /containers/NAME/rename?name=NAMEx',
  ];
  for (let round = 0; round < rounds(4); round++) {
    const names = [...verbs, ...more].map((_, index) => `e${round}-${index}`);
    for (const name of names)
      await host.run(name, ['sleep', '1000'], { HostConfig: { AutoRemove: name.endsWith('1') } });
    const ended = [...verbs, ...more].map(async (place, index) => {
      const [method = '', path = ''] = place.replaceAll('NAME', names[index] ?? '').split(' ');
      await ask(host.socket, `${method} ${path}`).catch(() => undefined);
    });
    await delay(randomInt(150));
    await engine.kill();
    await Promise.all(ended);
    await engine.start();
    await until('each is in a state that lasts', async () => {
      return (await containers()).every(({ State }) => /^(running|paused|exited|created)$/.test(State));
    });
    await until('check agrees', async () => (await engine.client.check()).ok);
    const listed = await containers();
    for (const { Id, State, Names } of listed) {
      const verb = State === 'running' ? 'stop?t=0' : State === 'paused' ? 'unpause' : 'start';
      const { status } = await ask(host.socket, `POST /containers/${Id}/${verb}`);
      assert.ok(status === 204 || Names[0]?.endsWith('-1'), `${verb} ${Names[0]}: ${status}`); // that one goes by itself
    }
    for (const { Id } of listed) {
      const { status } = await ask(host.socket, `DELETE /containers/${Id}?force=1`);
      assert.ok(status === 204 || status === 404 || status === 409, `${status}`); // --rm may be at it
    }
    await until('all are gone', async () => (await containers()).length === 0);
    await untilNothingLeaks();
  }
});

test('X03: nothing is left of them on the disk and in the run directory', async () => {
  assert.deepEqual((await ask(host.socket, 'GET /containers/json?all=1')).body, []);
  const root = `/proc/${engine.pid}/root`;
  const own = `${root}${engine.instance.data}/store/hosts/${host.info.id}`;
  assert.deepEqual(existsSync(`${own}/containers`) ? readdirSync(`${own}/containers`) : [], []);
  await until('the terminals have ended', async () => {
    return (await engine.client.terminals('starting')).every(({ running }) => !running);
  });
  // A command that a kill cut off is ended by the next engine, and then its bundle goes.
  const bundles = () => readdirSync(`${engine.instance.run}/hosts/starting/b`);
  await until('the workspace alone has a bundle', () => bundles().join() === 'workspace').catch(() =>
    assert.deepEqual(bundles(), ['workspace']),
  );
  await until('no exit code is left', () => readdirSync(`${engine.instance.run}/exits`).length === 0);
});
