// The log of a host's events: what it keeps, and how it is read at a pace of one's own.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { EventLog } from '../../runtime/events.ts';

function namesIn(log: EventLog): string[] {
  return Array.from({ length: log.next - log.first }, (_, i) => log.at(log.first + i)?.Action ?? '');
}

test('the last 256 events are kept, each under its number', () => {
  const log = new EventLog();
  for (let i = 0; i < 300; i++) log.emit('container', `e${i}`, 'id');
  assert.deepEqual([log.first, log.next], [44, 300]);
  assert.equal(log.at(43), null);
  assert.equal(log.at(44)?.Action, 'e44');
  assert.equal(log.at(299)?.Action, 'e299');
  assert.equal(log.at(300), null);
});

test('large events are kept for as long as they have room together, and the newest in any case', () => {
  const log = new EventLog();
  for (let i = 0; i < 10; i++) log.emit('container', `e${i}`, 'id', { label: 'x'.repeat(600_000) });
  assert.deepEqual(namesIn(log), ['e7', 'e8', 'e9']);
  log.emit('container', 'huge', 'id', { label: 'x'.repeat(5_000_000) });
  assert.deepEqual(namesIn(log), ['huge']);
  log.emit('container', 'small', 'id');
  assert.deepEqual(namesIn(log), ['small']);
});

test('who listens is told of each event until it stops', () => {
  const log = new EventLog();
  let told = 0;
  const stop = log.listen(() => {
    told += 1;
  });
  log.emit('image', 'pull', 'id');
  log.emit('image', 'tag', 'id');
  stop();
  log.emit('image', 'delete', 'id');
  assert.equal(told, 2);
});
