// Volumes are part of what a host holds: its snapshots, its resets, and an engine that is killed.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createDockerHost, type DockerHost } from '../../support/docker-host.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { expect, expectSending } from '../api/exchange.ts';

const MiB = 1024 * 1024;
let engine: TestEngine;
let host: DockerHost;

beforeAll(async () => {
  engine = await startEngine({ hostDiskBytes: 64 * MiB });
  host = await createDockerHost(engine, 'keeps');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const volumes = async (): Promise<string[]> =>
  ((await expect(host.socket, 'GET /volumes', 200)) as { Volumes: { Name: string }[] }).Volumes.map(
    ({ Name }) => Name,
  ).sort();

/** What a shell says in a container that has `volume` at /v. */
const inVolume = async (volume: string, script: string): Promise<string> =>
  (await host.output(['sh', '-c', script], { HostConfig: { Binds: [`${volume}:/v`] } })).text.trim();

/** The directory with the volumes' files, from outside. */
const directory = (): string => {
  const hosts = `/proc/${engine.pid}/root${engine.instance.data}/store/hosts`;
  const [own = ''] = readdirSync(hosts).filter((name) => name.startsWith(host.info.id));
  return `${hosts}/${own}/volumes`;
};

describe('a snapshot', () => {
  test('has the volumes with what is in them, and who uses them', async () => {
    await expectSending(host.socket, 'POST /volumes/create', { Name: 'labelled', Labels: { a: 'b' } }, 201);
    await host.run('uses', ['sleep', '1000'], { HostConfig: { Binds: ['data:/v'] } });
    await inVolume('data', 'echo first >/v/file');
    await engine.client.takeSnapshot('keeps', 'one');
    await inVolume('data', 'echo second >/v/file');
    await expect(host.socket, 'DELETE /containers/uses?force=1', 204);
    for (const name of ['labelled', 'data']) await expect(host.socket, `DELETE /volumes/${name}`, 204);
    await inVolume('later', 'echo x >/v/file');
    assert.deepEqual(await volumes(), ['later']);

    await engine.client.restoreSnapshot('keeps', 'one');
    assert.deepEqual(await volumes(), ['data', 'labelled']);
    await expect(host.socket, 'GET /volumes/labelled', 200, { Labels: { a: 'b' } });
    await expect(host.socket, 'GET /containers/uses/json', 200, {
      State: { Running: true },
      Mounts: [{ Name: 'data' }],
    });
    assert.equal(await inVolume('data', 'cat /v/file'), 'first');
    await expect(host.socket, 'DELETE /volumes/data', 409);
    // What was made meanwhile is gone, also from the disk, and its name is free.
    assert.equal(await inVolume('later', 'ls -A /v'), '');
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('that is taken while a volume is filled has neither the container nor half of the volume', async () => {
    const entries = Array.from({ length: 3000 }, (_, n) => ({
      name: `data/d${n % 50}/f${n}`,
      content: Buffer.from('x'),
    }));
    await host.import('large', entries);
    const body = { Image: 'large', Cmd: ['/x'], HostConfig: { Binds: ['half:/data'] } };
    const created = expectSending(host.socket, 'POST /containers/create?name=half', body, 201);
    const snapshots = ['a', 'b', 'c'].map((id) => engine.client.takeSnapshot('keeps', id));
    await Promise.all([created, ...snapshots]);
    for (const id of ['a', 'b', 'c']) {
      await engine.client.restoreSnapshot('keeps', id);
      const found = await expect(host.socket, 'GET /containers/json?all=1&filters={"name":["half"]}', 200);
      const there = (await volumes()).includes('half') ? await inVolume('half', 'find /v -type f | wc -l') : '0';
      assert.equal(there, (found as object[]).length === 1 ? '3000' : '0', id);
    }
    for (const { id } of await engine.client.snapshots('keeps')) await engine.client.removeSnapshot('keeps', id);
  });
});

describe('an engine that is killed', () => {
  test('leaves the volumes to the next one, and nothing of what was half made or half removed', async () => {
    await inVolume('kept', 'echo kept >/v/file');
    mkdirSync(`${directory()}/.going-1/_data`, { recursive: true });
    mkdirSync(`${directory()}/unrecorded/_data`, { recursive: true });
    await engine.kill();
    await engine.start();
    assert.equal(await inVolume('kept', 'cat /v/file'), 'kept');
    assert.deepEqual(readdirSync(directory()).sort(), await volumes());
    assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
  });

  test('goes on with the containers that have them', async () => {
    await host.run('goes-on', ['sh', '-c', 'while :; do date >/v/next; mv /v/next /v/last; sleep 0.1; done'], {
      HostConfig: { Binds: ['kept:/v'], AutoRemove: true },
      Volumes: { '/anonymous': {} },
    });
    await engine.kill();
    await engine.start();
    await expect(host.socket, 'DELETE /volumes/kept', 409, { message: /volume is in use/ });
    assert.notEqual(await inVolume('kept', 'until [ -s /v/last ]; do sleep 0.1; done; cat /v/last'), '');
    const before = await volumes();
    await expect(host.socket, 'POST /containers/goes-on/kill', 204);
    await expect(host.socket, 'POST /containers/goes-on/wait?condition=removed', 200).catch(() => undefined);
    // It may have been forgotten before, and its volumes be going.
    await until('its anonymous volume went with it', async () => (await volumes()).length === before.length - 1);
  });
});

test('what is in volumes counts as the host’s disk', async () => {
  // By its exit code: what it says is on that disk too.
  const fill = ['sh', '-c', 'dd if=/dev/urandom of=/v/big bs=1M count=100 || exit 7'];
  assert.equal((await host.output(fill, { HostConfig: { Binds: ['full:/v'] } })).exitCode, 7);
  await expect(host.socket, 'DELETE /volumes/full', 204);
});

test('a reset leaves none', async () => {
  await engine.client.resetHost('keeps');
  assert.deepEqual(await volumes(), []);
  assert.deepEqual(readdirSync(directory()), []);
});
