// The engine is killed while hosts are made, reset and removed and images brought in: what is half made is gone afterwards.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { conmonsOf, unifiedCgroups } from '../support/outside.ts';
import { rounds } from '../support/soak.ts';
import { until } from '../support/until.ts';

const kills = rounds(6);
let engine: TestEngine;
let kept: DockerHost;

beforeAll(async () => {
  engine = await startEngine();
  kept = await createDockerHost(engine, 'kept');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

function isOurs(uidBase: number): boolean {
  const { uidBase: first, uidRanges } = engine.instance;
  return uidBase >= first && uidBase < first + uidRanges * 65_536;
}

async function untilAllRun(): Promise<void> {
  const others = async () => (await engine.client.hosts()).filter(({ state }) => state !== 'running');
  try {
    await until('every host runs', async () => (await others()).length === 0);
  } catch (error) {
    assert.fail(`${error}: ${JSON.stringify(await others())}; the engine said: ${engine.log().slice(-4000)}`);
  }
}

/** Everything in the kernel and on the disk belongs to a host that is listed, and the other way round. */
async function assertAgreement(round: number): Promise<void> {
  const hosts = await engine.client.hosts();
  const ids = hosts.map(({ id }) => id).sort();
  const { data, run, name } = engine.instance;
  const running = hosts.filter(({ state }) => state === 'running');
  // What the old engine had just started may still be on its way out.
  await until('stray conmons have ended', () => conmonsOf(run).length === running.length);
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] }, `round ${round}`);
  assert.deepEqual(
    // A host that was reset has another subvolume: its id, and more.
    readdirSync(`/proc/${engine.pid}/root${data}/store/hosts`)
      .map((subvolume) => subvolume.split('-')[0])
      .sort(),
    ids,
    `round ${round}: subvolumes`,
  );
  const runningIds = running.map(({ id }) => id).sort();
  const tree = `/sys/fs/cgroup${unifiedCgroups ? '' : '/pids'}/drydock/${name}`;
  const groups = readdirSync(tree, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(groups.map((entry) => entry.name).sort(), runningIds, `round ${round}: cgroups`);
  assert.deepEqual(readdirSync(`${run}/hosts`).sort(), running.map((host) => host.name).sort(), `round ${round}: run`);
  // Other engines on the machine have claims too, which come and go.
  const claims = readdirSync('/var/lib/drydock-uids').map(Number).filter(isOurs);
  assert.deepEqual(claims.sort(), hosts.map(({ uidBase }) => uidBase).sort(), `round ${round}: users`);
}

test('X03: after a kill while hosts are made, reset and removed, there is no half of one', async () => {
  const ignore = (): void => undefined;
  for (let round = 0; round < kills; round++) {
    await Promise.all(['reset', 'removed'].map((name) => engine.client.createHost(name)));
    const inHand = [
      engine.client.createHost('first'),
      engine.client.createHost('second'),
      engine.client.resetHost('reset'),
      engine.client.removeHost('removed'),
      kept.import(`image-${round}`, [{ name: 'file', content: Buffer.alloc(4 * 1024 * 1024, round) }]),
    ].map((each) => each.catch(ignore));
    await delay(randomInt(350));
    await engine.kill();
    await Promise.all(inHand);
    await engine.start();
    // One whose reset was cut off is started again, as it was or as it was to be; nobody waits for that.
    await untilAllRun();
    await assertAgreement(round);
    assert.equal((await engine.client.host('kept')).pid, kept.info.pid);
    // The names are free, or there is a whole host of that name.
    for (const name of ['first', 'second', 'reset', 'removed']) {
      const there = (await engine.client.hosts()).some((host) => host.name === name);
      if (!there) await engine.client.createHost(name);
      const { stdout } = await engine.client.run(name, { argv: ['hostname'] });
      assert.equal(stdout, 'docker-host\n', `round ${round}: ${name}`);
      await engine.client.removeHost(name);
    }
    await expect(kept.socket, 'GET /images/busybox/json', 200);
    assert.equal((await kept.output(['echo', 'fine'])).text, 'fine\r\n');
  }
});

test('X03: and an image that was cut off can be brought in again', async () => {
  await kept.import('again', [{ name: 'file', content: Buffer.alloc(1024, 7) }]);
  const uploads = `/proc/${engine.pid}/root${engine.instance.data}/store/incoming`;
  for (const folder of existsSync(uploads) ? readdirSync(uploads) : [])
    assert.deepEqual(readdirSync(`${uploads}/${folder}`), [], folder);
});
