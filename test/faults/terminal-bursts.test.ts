// The engine is killed again and again while a terminal says much: every byte has one offset, for ever (X12, X13).

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { rounds } from '../support/soak.ts';
import { TerminalReader } from '../support/terminal-reader.ts';
import { until } from '../support/until.ts';

const kills = rounds(4);
let engine: TestEngine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.client.createHost('bursts');
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const recordBytes = 200;
/** Prints records that count from 0 on, so that an offset tells what stands there. */
const counter = (most: number, atOnce: number, pauseS: number) =>
  `$|=1; for ($i=0; $i < ${most};) { $s = ""; for (1..${atOnce}) { $s .= sprintf("%0${recordBytes - 2}d\\n", $i++) } print $s; select undef, undef, undef, ${pauseS} } sleep 1000`;

/** What such a terminal says from byte `from` on. */
function said(from: number, bytes: number): string {
  const first = Math.floor(from / recordBytes);
  const count = Math.ceil(bytes / recordBytes) + 2;
  const records = Array.from({ length: count }, (_, i) => `${String(first + i).padStart(recordBytes - 2, '0')}\r\n`);
  return records.join('').slice(from - first * recordBytes, from - first * recordBytes + bytes);
}

function options(id: string, program: string): { id: string; rows: number; columns: number; argv: string[] } {
  return { id, rows: 24, columns: 80, argv: ['/usr/bin/perl', '-e', program] };
}

test('X13: what stands at an offset stays there, though more is said than is kept', async () => {
  await engine.client.openTerminal('bursts', options('steady', counter(1e9, 12, 0.01)));
  let at = 0;
  for (let round = 0; round < kills; round++) {
    const reader = await TerminalReader.attach(engine.client, 'bursts', 'steady', at);
    assert.ok(reader.offset >= at, `round ${round}: ${reader.offset} is before ${at}`);
    const enough = 50_000 + randomInt(150_000);
    await until('much was said', () => reader.bytes.length > enough);
    await engine.kill();
    const got = reader.bytes;
    reader.close();
    assert.equal(got.toString('latin1'), said(reader.offset, got.length), `round ${round}, from ${reader.offset}`);
    at = reader.offset + got.length;
    await delay(randomInt(50));
    await engine.start();
  }
  await until('more is said', async () => {
    const [terminal] = await engine.client.terminals('bursts');
    assert.ok(terminal?.running);
    return terminal.offset > at;
  });
  await engine.client.closeTerminal('bursts', 'steady');
});

test('X13: where its log was started anew meanwhile, who comes back is told of a gap and shown the last', async () => {
  // A log is started anew after 10 MiB; this is twice that.
  const records = 100_000;
  await engine.client.openTerminal('bursts', options('much', counter(records, 500, 0.001)));
  const last = `${String(records - 1).padStart(recordBytes - 2, '0')}\r\n`;
  const said = async () => (await engine.client.terminals('bursts')).find(({ id }) => id === 'much')?.offset ?? 0;
  await until('all was said', async () => (await said()) === records * recordBytes);
  const at = records * recordBytes;
  await engine.kill();
  await engine.start();
  const reader = await TerminalReader.attach(engine.client, 'bursts', 'much', at);
  await reader.until(new RegExp(last));
  assert.ok(reader.offset > at, `${reader.offset} after ${at}`);
  const shown = reader.bytes.toString('latin1');
  assert.ok(shown.endsWith(last) && shown.length > 100_000);
  const numbers = shown.split('\r\n').slice(1, -1).map(Number);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => records - numbers.length + index),
  );
  reader.close();
});
