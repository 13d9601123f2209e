// Turns among hosts: who asks for much waits for itself, and nobody else does.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { FairQueue } from '../../../runtime/files/fair-queue.ts';

/** Takes all that waits, each piece as long as its name says. */
function order(queue: FairQueue<string>, msOf: (work: string) => number): string[] {
  const done: string[] = [];
  for (let work = queue.next(); work !== undefined; work = queue.next()) {
    done.push(work);
    queue.spent(work.slice(0, 1), msOf(work));
  }
  return done;
}

function filled(...works: readonly string[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const work of works) queue.add(work.slice(0, 1), work);
  return queue;
}

test('owners whose work takes as long take turns, each in its order', () => {
  const queue = filled('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1');
  assert.deepEqual([queue.length, queue.of('a'), queue.of('d')], [7, 4, 0]);
  assert.deepEqual(
    order(queue, () => 1),
    ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'],
  );
  assert.equal(queue.length, 0);
});

test('an owner whose work takes long waits until the others have had as much', () => {
  const queue = filled('a1', 'a2', 'a3', 'b1', 'b2', 'b3');
  assert.deepEqual(
    order(queue, (work) => (work.startsWith('a') ? 1000 : 1)),
    ['a1', 'b1', 'b2', 'b3', 'a2', 'a3'],
  );
});

test('an owner that comes later is next, and has saved up nothing while it did not ask', () => {
  const queue = filled('a1', 'a2', 'a3');
  assert.equal(queue.next(), 'a1');
  queue.add('b', 'b1');
  queue.spent('a', 1000);
  assert.equal(queue.next(), 'b1');
  queue.spent('b', 1);
  assert.equal(queue.next(), 'a2');
  queue.spent('a', 1000);
  for (const work of ['b2', 'b3', 'b4']) queue.add('b', work);
  // b has used nearly nothing of what a has, but for the time since it came: not for all of before.
  assert.deepEqual(
    order(queue, () => 600),
    ['b2', 'b3', 'a3', 'b4'],
  );
});

test('what was used is forgotten once nobody waits', () => {
  const queue = filled('a1');
  order(queue, () => 1_000_000);
  for (const work of ['a2', 'b1', 'b2']) queue.add(work.slice(0, 1), work);
  assert.deepEqual(
    order(queue, () => 1),
    ['a2', 'b1', 'b2'],
  );
});
