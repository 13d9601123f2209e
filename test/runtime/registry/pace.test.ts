// How fast uploads are taken: others have the event loop in between, namespaces take turns, and none sends at full speed for ever.

import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'vitest';
import { uploadBurstBytes, uploadBytesPerSecond, uploadTurnBytes } from '../../../runtime/limits.ts';
import { Pace } from '../../../runtime/registry/pace.ts';

const piece = 64 * 1024;
const never = new AbortController().signal;

test('a turn of the event loop takes so many pieces and no more, and namespaces take turns in it', async () => {
  const pace = new Pace(() => 0);
  const taken: string[] = [];
  let turn = 0;
  const turns: number[] = [];
  const send = async (namespace: string, pieces: number): Promise<void> => {
    for (let n = 0; n < pieces; n++) {
      await pace.take(namespace, piece, never);
      taken.push(namespace);
      turns[turn] = (turns[turn] ?? 0) + 1;
    }
  };
  let isSent = false;
  const sending = Promise.all([...Array.from({ length: 24 }, () => send('many', 20)), send('one', 20)]).then(() => {
    isSent = true;
  });
  for (; !isSent; turn++) await nextTurn();
  await sending;
  assert.equal(taken.length, 25 * 20);
  // The first one is that of this test too.
  assert.ok(Math.max(...Object.values(turns).slice(1)) <= uploadTurnBytes / piece, turns.join());
  // Who has one stream does not wait for the 24 of another.
  assert.ok(taken.lastIndexOf('one') < taken.length / 2, `${taken.lastIndexOf('one')} of ${taken.length}`);
});

test('a namespace sends so much at once, and after that as fast as it may; another one has a burst of its own', async () => {
  let now = 0;
  const pace = new Pace(() => now);
  /** Whether it is taken before a second has gone by. */
  const isTaken = async (namespace: string, bytes: number): Promise<boolean> => {
    const left = new AbortController();
    const taking = pace.take(namespace, bytes, left.signal).then(
      () => true,
      () => false,
    );
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    left.abort(new Error('it waits'));
    return await taking;
  };
  assert.equal(await isTaken('a', uploadBurstBytes), true);
  assert.equal(await isTaken('a', 60 * uploadBytesPerSecond), false);
  assert.equal(await isTaken('b', piece), true);
  now += 60_000 + piece;
  assert.equal(await isTaken('a', piece), true);
});
