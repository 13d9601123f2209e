// What no event tells is looked at often while something happens, and seldom while nothing does.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test, vi } from 'vitest';
import { pollWaitMs, SlowingPoll } from '../../../sandbox-server/hosts/slowing-poll.ts';
import { maxPollMs } from '../../../sandbox-server/limits.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const leastMs = 2_000;
const minuteMs = 60_000;

/** Polls that go on and on; `looks` counts them. */
function polling() {
  let looks = 0;
  const poll = new SlowingPoll(
    (calmMs) => pollWaitMs(calmMs, leastMs),
    () => {
      looks += 1;
      poll.schedule();
    },
  );
  poll.schedule();
  return { poll, looks: () => looks };
}

test('a lab in which nothing happens is looked at ever less often, and once a minute at last', () => {
  const { poll, looks } = polling();
  vi.advanceTimersByTime(10_000);
  assert.ok(looks() >= 4, `${looks()} looks in the first 10 s`);
  vi.advanceTimersByTime(9 * minuteMs + 50_000);
  const before = looks();
  assert.ok(before <= 25, `${before} looks in 10 minutes`);
  vi.advanceTimersByTime(10 * maxPollMs);
  assert.equal(looks() - before, 10);
  poll.stop();
});

test('as soon as something happens it is looked at often again, also in the middle of a long wait', () => {
  const { poll, looks } = polling();
  vi.advanceTimersByTime(10 * minuteMs);
  const before = looks();
  poll.stir();
  vi.advanceTimersByTime(leastMs);
  assert.equal(looks(), before + 1);
  // Each of many keys must not put the look off.
  for (let key = 0; key < 100; key++) {
    poll.stir();
    vi.advanceTimersByTime(100);
  }
  assert.equal(looks(), before + 6);
  poll.stop();
});

test('nothing is due once it is stopped, whatever happens', () => {
  const { poll, looks } = polling();
  poll.stop();
  poll.stir();
  vi.advanceTimersByTime(minuteMs);
  assert.equal(looks(), 0);
});
