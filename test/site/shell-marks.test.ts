// Where the shell is, from its prompt marks.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { ShellMarks } from '../../site/src/client/shell-marks.ts';

function shell() {
  const heard: string[] = [];
  const marks = new ShellMarks({
    started: () => heard.push('started'),
    ended: (exitCode) => heard.push(`ended ${exitCode}`),
  });
  return { marks, heard };
}

test('a command starts at C and ends at D with its exit code', () => {
  const { marks, heard } = shell();
  for (const mark of ['A', 'B', 'C']) marks.read(mark);
  assert.equal(marks.state, 'running');
  for (const mark of ['D;7', 'A', 'B']) marks.read(mark);
  assert.equal(marks.state, 'prompt');
  assert.deepEqual(heard, ['started', 'ended 7']);
});

test('an empty line ends nothing, because nothing ran', () => {
  const { marks, heard } = shell();
  for (const mark of ['A', 'B', 'D;0', 'A', 'B']) marks.read(mark);
  assert.deepEqual(heard, []);
});

test('a mark of another shape is no exit code', () => {
  const { marks, heard } = shell();
  for (const mark of ['C', 'D;<b>', 'nonsense', '']) marks.read(mark);
  assert.deepEqual(heard, ['started', 'ended undefined']);
});

test('a shell without marks stays unknown', () => {
  assert.equal(shell().marks.state, 'unknown');
});
