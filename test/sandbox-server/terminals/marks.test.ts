// The parser of prompt marks: finds them however the stream is split, and passes over what is none.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { type Mark, MarkParser } from '../../../sandbox-server/terminals/marks.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function marksOf(parts: readonly string[]): readonly Mark[] {
  const parser = new MarkParser();
  return parts.flatMap((part) => parser.push(bytes(part)));
}

const screen =
  '\x1b]133;D;130\x07\x1b[0m\x1b]133;A\x1b\\student@docker-host:~$ \x1b]133;B\x07ls\r\n\x1b]133;C\x07a b\r\n\x1b]133;D;0\x07';
const expected: readonly Mark[] = [
  { kind: 'finished', exitCode: 130 },
  { kind: 'prompt' },
  { kind: 'input' },
  { kind: 'running' },
  { kind: 'finished', exitCode: 0 },
];

test('marks are found when the stream comes whole', () => assert.deepEqual(marksOf([screen]), expected));

test('marks are found wherever the stream is split', () => {
  for (let place = 0; place <= screen.length; place += 1) {
    assert.deepEqual(marksOf([screen.slice(0, place), screen.slice(place)]), expected, `split at ${place}`);
  }
  assert.deepEqual(marksOf([...screen]), expected, 'byte by byte');
});

test('marks are not seen in other sequences', () => {
  const others = [
    '133;A\x07',
    '\x1b]0;133;A\x07',
    '\x1b]133;Z\x07',
    '\x1b]1337;A\x07',
    '\x1b[133;A\x07',
    '\x1b]133;A\n\x07',
  ];
  for (const other of others) assert.deepEqual(marksOf([other]), [], JSON.stringify(other));
});

test('a mark is found after a sequence that is endless or broken off', () => {
  assert.deepEqual(marksOf([`\x1b]52;c;${'A'.repeat(1_000_000)}\x07`, '\x1b]133;A\x07']), [{ kind: 'prompt' }]);
  assert.deepEqual(marksOf(['\x1b]8;;http://x\x1b\x1b]133;A\x07']), [{ kind: 'prompt' }]);
  assert.deepEqual(marksOf(['\x1b]133;D;x\x07', '\x1b]133;D;1234\x07']), [
    { kind: 'finished', exitCode: null },
    { kind: 'finished', exitCode: null },
  ]);
});
