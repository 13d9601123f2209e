// Hosts of an earlier version are taken over: `test/upgrade/records/b14278c.jsonl` is what an engine of that commit had in its file
// after `drydock down`, with two hosts. In the first it had killed `web`, `paused` and `stopped`, which had run until then.

import assert from 'node:assert/strict';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { addRows, rowsOf } from '../upgrade/rows.ts';

const rows = rowsOf('b14278c');

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.shutdown();
  addRows(path.join(engine.instance.data, 'engine.db'), rows);
  await engine.start();
});
afterAll(() => engine?.[Symbol.asyncDispose]());

const idOf = (name: string): string => rows.find(({ body }) => 'name' in body && body.name === name)?.id ?? name;

test('X10 hosts of an earlier version are there after its shutdown', async () => {
  const hosts = await engine.client.hosts();
  assert.deepEqual(hosts.map(({ name, state }) => `${name} ${state}`).sort(), [
    'old2 stopped',
    's-37591c0becebb7e1 stopped',
  ]);
});

test('X10 containers that an earlier version killed when it was shut down are told to have ended with their host', async () => {
  const { interrupted } = await engine.client.host('old2');
  // `killed` is the student’s own doing, which such a record cannot tell.
  assert.deepEqual([...interrupted].sort(), ['web', 'paused', 'stopped', 'killed'].map(idOf).sort());
});
