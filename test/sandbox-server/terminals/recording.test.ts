// The bounded recording of a terminal: nothing lost, nothing doubled, never more than its bound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recording } from '../../../sandbox-server/terminals/recording.ts';

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

test('recording keeps the newest bytes when more comes than it holds', () => {
  const recording = new Recording(0, 1000);
  for (let number = 0; number < 10_000; number += 1) recording.append(bytes(String(number % 10)));
  assert.equal(recording.end, 10_000);
  assert.ok(recording.end - recording.start <= 1250, 'at most a quarter over its bound');
  assert.ok(recording.end - recording.start >= 1000);
  assert.equal(text(recording.read(9_990, 10)), '0123456789');
  assert.throws(() => recording.read(recording.start - 1, 1), RangeError);
  assert.throws(() => recording.read(10_001, 1), RangeError);
});

test('recording keeps the end of a chunk that is larger than its bound', () => {
  const recording = new Recording(0, 10);
  recording.append(bytes(`${'a'.repeat(100)}0123456789`));
  assert.equal(text(recording.read(recording.start, 100)), '0123456789');
});
