// Which files open by themselves: that of the task that comes to hand, once for each time it does.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { type EditorWish, followEditorWishes } from '../../site/src/client/editor-wishes.ts';
import { tasks } from '../../site/src/client/lab-state.ts';

const task = (id: string, done: boolean) => ({ id, done, expected: '', found: '' });
const [first, second] = [
  { task: 'write', path: 'compose.yaml', line: 3 },
  { task: 'more', host: 'prod', path: 'page/index.html' },
];

interface Following {
  readonly opened: EditorWish[];
  readonly givenUp: EditorWish[];
  readonly stop: () => void;
}

function follow(wasOpened: boolean): Following {
  const opened: EditorWish[] = [];
  const givenUp: EditorWish[] = [];
  const stop = followEditorWishes(
    () => [first, second],
    () => wasOpened,
    (wish) => {
      opened.push(wish);
      return () => givenUp.push(wish);
    },
  );
  return { opened, givenUp, stop };
}

test('a file opens when its task comes to hand, and again when the lab went back to it', () => {
  tasks.value = [];
  const { opened, givenUp, stop } = follow(false);
  tasks.value = [task('write', false), task('more', false)];
  assert.deepEqual(opened, [first]);
  tasks.value = [task('write', false), task('more', false)];
  assert.deepEqual(opened, [first], 'it is in hand still');
  tasks.value = [task('write', true), task('more', false)];
  assert.deepEqual(opened, [first, second]);
  assert.deepEqual(givenUp, [first], 'nobody needs to read that any more');
  tasks.value = [task('write', false), task('more', false)];
  assert.deepEqual(opened, [first, second, first]);
  tasks.value = [task('write', true), task('more', true)];
  assert.equal(opened.length, 3, 'nothing is in hand');
  stop();
});

test('after a reload it stays as the student left it, until another task comes to hand', () => {
  tasks.value = [];
  const { opened, stop } = follow(true);
  tasks.value = [task('write', false), task('more', false)];
  assert.deepEqual(opened, []);
  tasks.value = [task('write', true), task('more', false)];
  assert.deepEqual(opened, [second]);
  stop();
});
