// What comes by itself waits for a pause in typing, and stays away from whoever types on.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { afterTypingPause } from '../../site/src/client/typing-pause.ts';

/** How often it went, after `ms` of waiting for a pause of 1500 ms, with a key at `keyAtMs`. */
function wentAfter(ms: number, keyAtMs?: number): number {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const place = new EventTarget();
    let went = 0;
    if (keyAtMs !== undefined) setTimeout(() => place.dispatchEvent(new Event('keydown')), keyAtMs);
    afterTypingPause(place, 1500, () => went++);
    mock.timers.tick(ms);
    return went;
  } finally {
    mock.timers.reset();
  }
}

test('it comes after the pause, once', () => {
  assert.equal(wentAfter(1499), 0);
  assert.equal(wentAfter(1500), 1);
  assert.equal(wentAfter(9000), 1);
});

test('it does not come to somebody who types on', () => {
  assert.equal(wentAfter(9000, 1000), 0);
});

test('a key after it came changes nothing', () => {
  assert.equal(wentAfter(9000, 2000), 1);
});
