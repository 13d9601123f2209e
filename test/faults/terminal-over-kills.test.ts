// X05: the engine is killed again and again while a terminal says much: no byte is lost, and none told twice.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { createDockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { rounds } from '../support/soak.ts';
import { TerminalReader } from '../support/terminal-reader.ts';

/** Slow enough that what is kept for a page that is away lasts for seconds: no page reads while the engine starts. */
const count = 'i=0; while :; do printf "<%07d>\\n" $i; i=$((i + 1)); [ $((i % 50)) = 0 ] && sleep 0.02; done';
/** So much of what was seen before a kill is compared together with what comes after it. */
const comparedBytes = 5_000;
/** How many lines must come after each kill. */
const linesAfter = 500;

const numbersIn = (text: Buffer): number[] =>
  [...text.toString('latin1').matchAll(/<(\d{7})>/g)].map(([, digits]) => Number(digits));

let engine: TestEngine;

beforeAll(async () => {
  engine = await startEngine();
  await createDockerHost(engine, 'kept');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

test('X05 what a terminal says is told once, whenever the engine is killed', async () => {
  await engine.client.openTerminal('kept', { id: 'main', rows: 24, columns: 80 });
  let reader = await TerminalReader.attach(engine.client, 'kept', 'main', 0);
  await reader.until(/\$ /);
  reader.type(`${count}\r`);
  await reader.until(/<0000050>/);
  let seen = Buffer.alloc(0);
  for (let kill = 0; kill < rounds(24); kill++) {
    await engine.kill();
    seen = Buffer.concat([seen, reader.bytes]);
    reader.close();
    await engine.start();
    reader = await TerminalReader.attach(engine.client, 'kept', 'main', seen.length);
    assert.equal(reader.offset, seen.length);
    const last = numbersIn(seen).at(-1) ?? Number.NaN;
    await reader.until(new RegExp(`<${String(last + linesAfter).padStart(7, '0')}>`));
    const numbers = numbersIn(Buffer.concat([seen.subarray(-comparedBytes), reader.bytes]));
    const expected = numbers.map((_, at) => (numbers[0] ?? 0) + at);
    assert.deepEqual(numbers, expected, `after ${kill + 1} kills`);
  }
  reader.close();
});
