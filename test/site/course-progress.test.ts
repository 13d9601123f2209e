// How far a student is, and where "continue" leads.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { stateOf, whereToGoOn } from '../../site/src/client/course-progress.ts';

const lessons = [
  { id: 'a', tasks: ['x', 'y'] },
  { id: 'b', tasks: ['x'] },
  { id: 'c', tasks: ['x', 'y', 'z'] },
];
const progress = (tasks: Record<string, string[]>) => ({
  lessons: Object.fromEntries(Object.entries(tasks).map(([id, done]) => [id, { tasks: done, quiz: {} }])),
});

test('a lesson is new, begun or done by its tasks', () => {
  const [a] = lessons;
  assert.ok(a);
  assert.deepEqual(stateOf(a, progress({})), { done: 0, look: 'new', now: undefined });
  assert.deepEqual(stateOf(a, progress({ a: [] })), { done: 0, look: 'begun', now: 'x' });
  assert.deepEqual(stateOf(a, progress({ a: ['x'] })), { done: 1, look: 'begun', now: 'y' });
  assert.deepEqual(stateOf(a, progress({ a: ['x', 'y'] })), { done: 2, look: 'done', now: undefined });
  // A lesson that has lost a task since.
  assert.deepEqual(stateOf(a, progress({ a: ['x', 'y', 'gone'] })), { done: 2, look: 'done', now: undefined });
  // Tasks are done in any order; one goes on with the first that is not.
  assert.deepEqual(stateOf(a, progress({ a: ['y'] })), { done: 1, look: 'begun', now: 'x' });
  // A challenge is none of the tasks that count: it neither makes a lesson done nor stands in the way.
  assert.deepEqual(stateOf(a, progress({ a: ['x', 'challenge'] })), { done: 1, look: 'begun', now: 'y' });
});

test('one goes on with the lesson that was open last, until it is done', () => {
  assert.equal(whereToGoOn(lessons, progress({}), undefined)?.id, 'a');
  assert.equal(whereToGoOn(lessons, progress({ b: [] }), 'b')?.id, 'b');
  assert.equal(whereToGoOn(lessons, progress({ b: ['x'] }), 'b')?.id, 'c');
  assert.equal(whereToGoOn(lessons, progress({ c: ['x', 'y', 'z'] }), 'c')?.id, 'a');
  assert.equal(whereToGoOn(lessons, progress({ a: [], b: [] }), 'a lesson that is gone')?.id, 'a');
});

test('when everything is done there is nowhere to go on', () => {
  assert.equal(whereToGoOn(lessons, progress({ a: ['x', 'y'], b: ['x'], c: ['x', 'y', 'z'] }), 'a'), undefined);
});
