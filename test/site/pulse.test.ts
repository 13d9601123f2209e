// How the page tells a dead connection from a quiet one.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, onTestFinished, test, vi } from 'vitest';
import { Pulse } from '../../site/src/client/pulse.ts';

const minuteMs = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A pulse whose questions are answered as `answers` says, on timers of the test's. */
function pulse(answers: () => boolean): { asked: number; dead: number } {
  const heard = { asked: 0, dead: 0 };
  const one = new Pulse({
    ask: () => {
      heard.asked++;
      if (answers()) one.heard();
    },
    dead: () => heard.dead++,
  });
  onTestFinished(() => one.stop());
  return heard;
}

/** Time goes by in seconds, so that a timer set within it counts from then. */
function pass(ms: number): void {
  for (let gone = 0; gone < ms; gone += 1000) vi.advanceTimersByTime(1000);
}

test('a quiet connection that answers is kept for as long as it does', () => {
  const heard = pulse(() => true);
  pass(10 * minuteMs);
  assert.deepEqual(heard, { asked: 30, dead: 0 });
});

test('one that does not answer is dead within half a minute, and is not asked again', () => {
  const heard = pulse(() => false);
  pass(25_000);
  assert.deepEqual(heard, { asked: 1, dead: 1 });
  pass(10 * minuteMs);
  assert.deepEqual(heard, { asked: 1, dead: 1 });
});

test('a browser that fires its timers once a minute, as for a hidden tab, makes no connection dead', () => {
  const onTime = globalThis.setTimeout;
  vi.stubGlobal('setTimeout', (act: () => void, ms: number) => onTime(act, Math.ceil(ms / minuteMs) * minuteMs));
  const heard = pulse(() => true);
  pass(20 * minuteMs);
  assert.deepEqual(heard, { asked: 10, dead: 0 });
});
