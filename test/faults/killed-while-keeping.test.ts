// The engine is killed while a host is kept, restored, stored and brought back: it is what it was or what it was to be (X03).

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { conmonsOf } from '../support/outside.ts';
import { rounds } from '../support/soak.ts';
import { until } from '../support/until.ts';

const kills = rounds(4);
let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'kept');
  // `first` is a state with one file and one container, `second` another; both can be come back to.
  await become('first');
  await engine.client.takeSnapshot('kept', 'first');
  await expect(host.socket, 'DELETE /containers/first?force=1', 204);
  await become('second');
  await engine.client.takeSnapshot('kept', 'second');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

async function become(name: string): Promise<void> {
  await host.shell(`echo ${name} >/home/student/file`);
  const HostConfig = { AutoRemove: true, PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } };
  await host.run(name, ['sleep', '1000'], { HostConfig });
}

/** Kills the engine while `verb` is in hand, and starts it again. What is cut off fails, and may. */
async function cutOff(verb: () => Promise<unknown>, mostMs: number): Promise<void> {
  const inHand = verb().catch(() => undefined);
  await delay(randomInt(mostMs));
  await engine.kill();
  await inHand;
  await engine.start();
}

interface Listed {
  readonly Names: readonly string[];
  readonly State: string;
}

/** What the host is, where its file and its one container agree. */
async function stateOf(round: number): Promise<string> {
  const name = (await host.shell('cat /home/student/file')).stdout.trim();
  const isThere = async (): Promise<boolean> => {
    const listed = (await expect(host.socket, 'GET /containers/json?all=1', 200)) as Listed[];
    assert.deepEqual(
      listed.map(({ Names }) => Names),
      [[`/${name}`]],
      `round ${round}`,
    );
    return listed[0]?.State === 'running';
  };
  await until(`${name} runs`, isThere);
  return name;
}

async function assertNothingElse(round: number): Promise<void> {
  // What the old engine had just started may still be on its way out.
  await until('stray conmons have ended', () => conmonsOf(engine.instance.run).length === 2);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] }, `round ${round}`);
  const store = `/proc/${engine.pid}/root${engine.instance.data}/store`;
  assert.equal(readdirSync(`${store}/hosts`).length, 1, `round ${round}: subvolumes`);
  const kept = await engine.client.snapshots('kept');
  assert.equal(readdirSync(`${store}/snapshots/${host.info.id}`).length, kept.length, `round ${round}: snapshots`);
}

const untilRunning = () => until('the host runs', async () => (await engine.client.host('kept')).state === 'running');

test('X03: a restore that is cut off leaves the old host or the new, running', async () => {
  const seen: string[] = [];
  for (let round = 0; round < kills; round++) {
    const to = round % 2 === 0 ? 'first' : 'second';
    await cutOff(() => engine.client.restoreSnapshot('kept', to), 500);
    await untilRunning();
    seen.push(await stateOf(round));
    await assertNothingElse(round);
    await engine.client.restoreSnapshot('kept', to);
    assert.equal(await stateOf(round), to);
  }
  assert.ok(
    seen.every((state) => state === 'first' || state === 'second'),
    seen.join(),
  );
});

test('X03: a snapshot that is cut off is there whole or not at all', async () => {
  await engine.client.restoreSnapshot('kept', 'second');
  for (let round = 0; round < kills; round++) {
    await host.shell('dd if=/dev/urandom of=/home/student/big bs=1M count=8 2>&1');
    await cutOff(() => engine.client.takeSnapshot('kept', 'cut-off'), 120);
    assert.equal(await stateOf(round), 'second');
    await assertNothingElse(round);
    const there = (await engine.client.snapshots('kept')).some(({ id }) => id === 'cut-off');
    if (!there) continue;
    await engine.client.restoreSnapshot('kept', 'cut-off');
    assert.equal(await stateOf(round), 'second');
    await engine.client.removeSnapshot('kept', 'cut-off');
  }
});

test('X03: a host that was being stored, or brought back, is whole afterwards, with what ran', async () => {
  for (let round = 0; round < kills; round++) {
    await cutOff(() => engine.client.storeHost('kept'), 2500);
    await engine.client.startHost('kept');
    assert.equal(await stateOf(round), 'second', 'after a store');
    await assertNothingElse(round);
    await engine.client.storeHost('kept');
    await cutOff(() => engine.client.startHost('kept'), 400);
    await engine.client.startHost('kept');
    assert.equal(await stateOf(round), 'second', 'after a start');
    await assertNothingElse(round);
  }
});

test('X03: a host that was being frozen or thawed says what it is', async () => {
  for (let round = 0; round < 2; round++) {
    await cutOff(() => engine.client.freezeHost('kept').then(() => engine.client.thawHost('kept')), 60);
    assert.match((await engine.client.host('kept')).state, /^(running|frozen)$/);
    await engine.client.thawHost('kept');
    assert.equal(await stateOf(round), 'second');
  }
});
