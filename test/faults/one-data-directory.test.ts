// H09: two engines never have one data directory, however the first one ended.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { makeInstance, type TestInstance } from '../support/instance.ts';

const main = fileURLToPath(new URL('../../runtime/main.ts', import.meta.url));

let engine: TestEngine;
let other: TestInstance;

beforeAll(async () => {
  engine = await startEngine();
  other = await makeInstance();
  await mkdir(other.run);
  await engine.client.createHost('mine');
});

afterAll(async () => {
  await other?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

/** Starts another engine with the same data; it must end, and say why. */
async function refusal(): Promise<string> {
  const flags = {
    instance: other.name,
    data: engine.instance.data,
    run: other.run,
    cache: other.cache,
    recipes: path.resolve(main, '../../lessons/images'),
    catalogue: 'minimal',
    'uid-base': other.uidBase,
    'uid-ranges': 4,
    'store-bytes': 16 * 1024 ** 3,
    'host-memory-bytes': 2 ** 29,
    'host-cpus': 1,
    'host-pids': 512,
    'host-disk-bytes': 2 ** 30,
  };
  const argv = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  // In a mount namespace of its own, which goes with it.
  return await new Promise((resolve, reject) => {
    execFile('unshare', ['--mount', process.execPath, main, ...argv], { timeout: 120_000 }, (error, stdout) => {
      if (error?.code === 1) resolve(stdout);
      else reject(error ?? new Error(`it did not fail: ${stdout}`));
    });
  });
}

test('H09 a second engine on the data of one that runs is refused, and removes nothing', async () => {
  assert.match(await refusal(), /is in use by another engine, whose run directory is /);
  assert.equal((await engine.client.host('mine')).state, 'running');
});

test('H09 an engine that was killed has let go of its data, but its hosts still run, and are left alone', async () => {
  await engine.kill();
  const said = await refusal();
  assert.match(said, /a host of the data directory .* still run/);
  assert.ok(said.includes(engine.instance.run));
  // Asked twice, for a supervisor starts an engine again that has ended.
  assert.match(await refusal(), /still run/);
  await engine.start();
  assert.equal((await engine.client.host('mine')).state, 'running');
  assert.deepEqual(await engine.client.check(), { ok: true, findings: [] });
});
