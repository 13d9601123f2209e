// The queue for a place: everybody hears their place, and hears it again only when it changes.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Queue } from '../../../sandbox-server/sessions/queue.ts';

function waiting(id: string) {
  const places: number[] = [];
  return { id, places, placed: (place: number) => void places.push(place) };
}

test('queue keeps the order of turns, and of arrival among those of the same turn', () => {
  const queue = new Queue<ReturnType<typeof waiting>>();
  const [a, b, c, d] = [waiting('a'), waiting('b'), waiting('c'), waiting('d')];
  queue.join(a, 20);
  queue.join(b, 20);
  queue.join(c, 10);
  queue.rejoin(d);
  assert.deepEqual(queue.all, [d, c, a, b]);
  assert.equal(queue.last, b);
  assert.deepEqual(a.places, [1, 2, 3]);
  queue.leave('c');
  queue.join(c, 30);
  assert.deepEqual(queue.all, [d, a, b, c]);
});

test('queue moves everybody up when one is let in or leaves', () => {
  const queue = new Queue<ReturnType<typeof waiting>>();
  const [a, b, c, d] = [waiting('a'), waiting('b'), waiting('c'), waiting('d')];
  for (const one of [a, b, c, d, b]) queue.join(one);
  assert.equal(queue.length, 4);
  queue.leave('c');
  queue.leave('c');
  assert.equal(queue.next(), a);
  queue.rejoin(a);
  assert.deepEqual([a.places, b.places, c.places, d.places], [[1, 1], [2, 1, 2], [3], [4, 3, 2, 3]]);
  assert.deepEqual([queue.next(), queue.next(), queue.next(), queue.next()], [a, b, d, undefined]);
});
