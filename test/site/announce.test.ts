// What a screen reader is told about tasks.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { sentenceFor } from '../../site/src/client/announce.ts';

const goals = new Map([
  ['a', 'Run `hello-world`.'],
  ['b', 'Stop `web`.'],
]);
const task = (id: string, done: boolean, found = '') => ({ id, done, expected: `expected of ${id}`, found });

test('a task that got done is told with its number and the next goal', () => {
  const said = sentenceFor([task('a', false), task('b', false)], [task('a', true), task('b', false)], goals);
  assert.equal(said, 'Task 1 of 2 done. Next: Stop web.');
});

test('the last task says that it was the last', () => {
  const said = sentenceFor([task('a', true), task('b', false)], [task('a', true), task('b', true)], goals);
  assert.equal(said, 'Task 2 of 2 done. That was the last one.');
});

test('a challenge is told as one, and does not count', () => {
  const optional = new Set(['b']);
  const open = [task('a', false), task('b', false)];
  const first = [task('a', true), task('b', false)];
  assert.equal(sentenceFor(open, first, goals, optional), 'Task 1 of 1 done. A challenge, if you like: Stop web.');
  assert.equal(
    sentenceFor(first, [task('a', true), task('b', true)], goals, optional),
    'The challenge is done. That was the last one.',
  );
});

test('what was found is told once', () => {
  const before = [task('a', false)];
  const after = [task('a', false, 'It has stopped: `docker ps -a` shows it.')];
  assert.equal(sentenceFor(before, after, goals), 'Not yet. Found: It has stopped: docker ps -a shows it.');
  assert.equal(sentenceFor(after, after, goals), '');
  const again = [task('a', false, 'Found no container at all.')];
  assert.equal(sentenceFor(before, again, goals), 'Not yet. Found: no container at all.');
});

test('tasks that a reset opens again are no news of their own', () => {
  assert.equal(
    sentenceFor([task('a', true), task('b', false)], [task('a', false, 'Found nothing.'), task('b', false)], goals),
    '',
  );
});
