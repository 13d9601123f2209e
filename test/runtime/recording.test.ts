// The bounded recording of a terminal: nothing lost, nothing doubled, never more than its bound.

import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'vitest';
import { LiveTerminal } from '../../runtime/hosts/live-terminal.ts';
import { maxTerminalReplayBytes } from '../../runtime/limits.ts';
import { Recording } from '../../runtime/recording.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

test('recording gives what came from any offset on when nothing is dropped', () => {
  const recording = new Recording(10, 100);
  for (const part of ['he', 'llo', '', ' world']) recording.append(bytes(part));
  assert.equal(recording.end, 21);
  for (let from = 10; from <= 21; from += 1) {
    assert.equal(text(recording.read(from, 100)), 'hello world'.slice(from - 10));
    assert.equal(text(recording.read(from, 3)), 'hello world'.slice(from - 10, from - 7));
  }
});

test('recording keeps the newest bytes, as many as it may hold, when more comes', () => {
  const recording = new Recording(0, 1000);
  for (let number = 0; number < 10_000; number += 1) recording.append(bytes(String(number % 10)));
  assert.deepEqual([recording.start, recording.end], [9_000, 10_000]);
  assert.equal(text(recording.read(9_000, 1_000)), '0123456789'.repeat(100));
  assert.throws(() => recording.read(recording.start - 1, 1), RangeError);
  assert.throws(() => recording.read(10_001, 1), RangeError);
});

test('recording has at each offset what came there, whatever the pieces and wherever it began', () => {
  // A fixed sequence of sizes, from none to more than is kept.
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % below;
  };
  for (const offset of [0, 1, 4095, 123_457]) {
    const recording = new Recording(offset, 10_000);
    let all = Buffer.alloc(0);
    for (let piece = 0; piece < 300; piece += 1) {
      const size = next(20) === 0 ? next(25_000) : next(300);
      const part = Buffer.from(Array.from({ length: size }, () => next(256)));
      all = Buffer.concat([all, part]);
      recording.append(part);
      assert.equal(recording.end, offset + all.length);
      assert.equal(recording.start, offset + Math.max(0, all.length - 10_000));
      const from = recording.start + next(recording.end - recording.start + 1);
      const read = recording.read(from, next(12_000));
      assert.ok(read.equals(all.subarray(from - offset, from - offset + read.length)), `${piece} from ${offset}`);
    }
  }
});

test('what was read stays as it was when more comes', () => {
  const recording = new Recording(0, 10);
  recording.append(bytes('0123456789'));
  const read = recording.read(0, 10);
  recording.append(bytes('abcdefghij'));
  assert.equal(text(read), '0123456789');
});

test('recording keeps the end of a piece that is larger than its bound, and nothing of before a gap', () => {
  const recording = new Recording(0, 10);
  recording.append(bytes(`${'a'.repeat(100)}0123456789`));
  assert.equal(text(recording.read(recording.start, 100)), '0123456789');
  recording.restart(500);
  recording.append(bytes('xy'));
  assert.deepEqual([recording.start, recording.end], [500, 502]);
  assert.equal(text(recording.read(500, 100)), 'xy');
});

/** A function of its own, so that nothing of it is held when the memory is looked at. */
function sayOneByOne(terminal: LiveTerminal): void {
  const said = Array.from({ length: maxTerminalReplayBytes }, () => Buffer.from('x'));
  terminal.recall(0, said);
}

test('a terminal that says one byte at a time takes no more memory in the engine than one that says all at once', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = async (): Promise<number> => {
    for (let round = 0; round < 3; round += 1) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const record = { id: 't1', rows: 24, columns: 80, pid: 0, startTicks: 0, exitCode: null, offset: 0 };
  const terminal = new LiveTerminal(record, { bundle: '/nonexistent', log: '/nonexistent' }, () => undefined);
  const before = await used();
  sayOneByOne(terminal);
  const grown = (await used()) - before;
  assert.ok(grown < 8 * maxTerminalReplayBytes, `${grown} bytes`);
  assert.equal(terminal.info().offset, maxTerminalReplayBytes);
});
