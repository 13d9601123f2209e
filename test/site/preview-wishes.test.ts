// Which previews open by themselves: those of tasks that get done while the page looks.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { tasks } from '../../site/src/client/lab-state.ts';
import { followWishes, type PreviewWish } from '../../site/src/client/preview-wishes.ts';

const task = (id: string, done: boolean) => ({ id, done, expected: '', found: '' });

test('a preview opens once its task gets done, and not for what was done before', () => {
  tasks.value = [];
  const opened: PreviewWish[] = [];
  const wishes = [
    { task: 'web', port: 8080 },
    { task: 'more', host: 'prod', port: 8081 },
  ];
  const stop = followWishes(
    () => wishes,
    (wish) => opened.push(wish),
  );
  tasks.value = [task('web', true), task('more', false)];
  assert.deepEqual(opened, [], 'it was done when the page first heard');
  tasks.value = [task('web', true), task('more', true)];
  assert.deepEqual(opened, [wishes[1]]);
  // The lab went back: it is news again.
  tasks.value = [task('web', false), task('more', false)];
  tasks.value = [task('web', true), task('more', false)];
  assert.deepEqual(opened, [wishes[1], wishes[0]]);
  stop();
});
