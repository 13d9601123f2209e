// Looking at images that may be nobody's, between other work.

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'vitest';
import { Sweeper } from '../../../runtime/images/sweeper.ts';

/** Notes what it looks at; each look takes longer than a slice. */
function slowSweeper() {
  const looked: string[] = [];
  const sweeper = new Sweeper((imageId) => {
    looked.push(imageId);
    const until = performance.now() + 6;
    while (performance.now() < until);
  });
  return { sweeper, looked };
}

test('looks at one after the other, and lets others have a turn in between', async () => {
  const { sweeper, looked } = slowSweeper();
  sweeper.sweep(['a', 'b']);
  assert.deepEqual(looked, ['a']);
  await turn();
  assert.deepEqual(looked, ['a', 'b']);
});

test('looks at no more once it is stopped: the records may be closed', async () => {
  const { sweeper, looked } = slowSweeper();
  sweeper.sweep(['a', 'b', 'c']);
  sweeper.stop();
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.deepEqual(looked, ['a']);
});
