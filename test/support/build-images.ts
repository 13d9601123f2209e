// Has all images of the catalogue made where this machine has not got them yet, before any test waits for one: on two cores
// that takes minutes, and in the middle of the tests for longer.

import { setTimeout as delay } from 'node:timers/promises';
import { startEngine } from './engine.ts';

const patienceMs = 10 * 60_000;

await using engine = await startEngine({ catalogue: 'all' });
const deadline = performance.now() + patienceMs;
for (;;) {
  const { catalogue } = await engine.client.status();
  const failed = catalogue.filter(({ state }) => state === 'failed');
  if (failed.length > 0)
    throw new Error(`not made: ${failed.map(({ reference, step }) => `${reference} (${step})`).join(', ')}`);
  const missing = catalogue.filter(({ state }) => state !== 'ready');
  if (missing.length === 0) break;
  if (performance.now() > deadline)
    throw new Error(`not made in ${patienceMs / 60_000} min: ${missing.map(({ reference }) => reference).join(', ')}`);
  await delay(200);
}
