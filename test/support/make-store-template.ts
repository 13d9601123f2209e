// Makes the templates that `store-template.ts` copies, in the directory that the argument names. Images that this machine has
// not got yet are built first, before any test waits for one: on two cores that takes minutes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EngineClient } from '../../runtime/index.ts';
import { startDrydock, stopSupervisor } from './drydock.ts';
import { type RunningEngine, removeHosts, startEngine } from './engine.ts';
import { keepCompiledServer, keepStore } from './store-template.ts';
import { until } from './until.ts';

const patienceMs = 10 * 60_000;

async function untilImagesAreThere(client: EngineClient): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { catalogue } = await client.status();
    const failed = catalogue.filter(({ state }) => state === 'failed');
    if (failed.length > 0)
      throw new Error(`not made: ${failed.map(({ reference, step }) => `${reference} (${step})`).join(', ')}`);
    const missing = catalogue.filter(({ state }) => state !== 'ready');
    if (missing.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(
        `not made in ${patienceMs / 60_000} min: ${missing.map(({ reference }) => reference).join(', ')}`,
      );
    await delay(200);
  }
}

/** Those that few tests use; together they would make each copy of the store a third larger. */
const unpackedWhenPulled = ['adminer', 'httpd', 'node', 'postgres', 'python'];

/** Has the other images unpacked, as the first student does who pulls one, or has a workspace of it. */
async function unpackMost({ client, docker }: RunningEngine): Promise<void> {
  await client.createHost('all');
  for (const { reference, names } of (await client.status()).catalogue) {
    const [repository = ''] = reference.split(':');
    if (unpackedWhenPulled.includes(repository)) continue;
    if (names[0] === undefined) await client.createHost(`all-${repository}`, { workspace: repository });
    else assert.equal((await docker('all', 'pull', '-q', names[0])).exitCode, 0, names[0]);
  }
  await removeHosts(client);
}

const [template = ''] = process.argv.slice(2);
for (const catalogue of ['all', 'minimal'] as const) {
  await using engine = await startEngine({ catalogue });
  await untilImagesAreThere(engine.client);
  if (catalogue === 'all') await unpackMost(engine);
  await engine.shutdown();
  const image = path.join(engine.instance.data, 'store.img');
  await until('the store is unmounted', () => execFileSync('losetup', ['--associated', image]).length === 0);
  await keepStore(engine.instance.data, template, catalogue);
}
// Of a whole Drydock the server's code alone: hosts that it has in reserve would come back with its store.
await using drydock = await startDrydock();
await stopSupervisor(drydock.supervisor);
await keepCompiledServer(drydock.instance.data, template);
