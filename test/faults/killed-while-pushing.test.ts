// The registry is killed while images are pushed, pulled, deleted and collected: what it has acknowledged is there, and nothing half.

import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import { pushBlob, pushManifest, pushParts } from '../runtime/registry/contents.ts';
import { OwnRegistry } from '../support/own-registry.ts';
import { Pushers, RegistryProcess } from '../support/registry-pushers.ts';
import { isSoak } from '../support/soak.ts';

const kills = isSoak ? 100 : 8;

/** Contents that no manifest names; the registry that collects them is killed when some of their files have gone. */
const garbage = (round: number): string[] => Array.from({ length: 60 }, (_, n) => `garbage ${round} ${n}`);

/** Calls `onChange` whenever a name comes to `directory` or goes. */
function watched(directory: string, onChange: () => void): Disposable {
  const watcher = fs.watch(directory, onChange);
  return { [Symbol.dispose]: () => watcher.close() };
}

test('a collection that is killed has taken nothing that is needed, and left nothing that is lost', async () => {
  const directory = path.join(os.tmpdir(), `drydock-registry-${randomUUID()}`);
  fs.mkdirSync(directory);
  try {
    const files = `${directory}/registry/blobs/sha256`;
    let cut = 0;
    for (let round = 0; round < kills; round++) {
      {
        await using served = await OwnRegistry.open({ directory });
        await pushManifest(served, 'kept/a', `v${round}`, await pushParts(served, 'kept/a', [`layer ${round}`]));
        await Promise.all(garbage(round).map((content) => pushBlob(served, 'garbage/a', content)));
      }
      const before = fs.readdirSync(files).length;
      const { promise: haveGone, resolve } = Promise.withResolvers<void>();
      let left = randomInt(1, 60);
      using _watcher = watched(files, () => {
        if (--left === 0) resolve();
      });
      const registry = await RegistryProcess.start(directory, 'collect');
      await haveGone;
      await registry.kill();
      if (before - fs.readdirSync(files).length < 60) cut++;
      await using served = await OwnRegistry.open({ directory });
      assert.deepEqual(served.registry.check(), []);
      for (let n = 0; n <= round; n++) {
        const { layers } = (await served.ask(`GET /v2/kept/a/manifests/v${n}`)).json() as {
          layers: { digest: string }[];
        };
        const got = await served.ask(`GET /v2/kept/a/blobs/${layers[0]?.digest}`);
        assert.deepEqual([got.status, got.body.toString()], [200, `layer ${n}`]);
      }
      await served.registry.collect(-1);
      assert.equal(fs.readdirSync(files).length, round + 2);
    }
    if (isSoak) console.log(`${kills} kills, ${cut} of them in the middle of a collection`);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
});

test('what was acknowledged is there after each kill, and nothing half', async () => {
  const directory = path.join(os.tmpdir(), `drydock-registry-${randomUUID()}`);
  fs.mkdirSync(directory);
  try {
    const pushers = new Pushers();
    for (let round = 0; round < kills; round++) {
      const registry = await RegistryProcess.start(directory, 'collect');
      const { moment, ended } = pushers.begin(registry.url);
      await moment;
      await registry.kill();
      await ended;
      await using served = await OwnRegistry.open({ directory });
      await pushers.compare(served);
    }
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
});
