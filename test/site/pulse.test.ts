// How the page tells a dead connection from a quiet one.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Pulse } from '../../site/src/client/pulse.ts';

const minuteMs = 60_000;

/** A pulse whose questions are answered as `answers` says, on timers of the test's. */
function pulse(t: TestContext, answers: () => boolean): { asked: number; dead: number } {
  const heard = { asked: 0, dead: 0 };
  const one = new Pulse({
    ask: () => {
      heard.asked++;
      if (answers()) one.heard();
    },
    dead: () => heard.dead++,
  });
  t.after(() => one.stop());
  return heard;
}

/** Time goes by in seconds, so that a timer set within it counts from then. */
function pass(t: TestContext, ms: number): void {
  for (let gone = 0; gone < ms; gone += 1000) t.mock.timers.tick(1000);
}

test('a quiet connection that answers is kept for as long as it does', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const heard = pulse(t, () => true);
  pass(t, 10 * minuteMs);
  assert.deepEqual(heard, { asked: 30, dead: 0 });
});

test('one that does not answer is dead within half a minute, and is not asked again', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const heard = pulse(t, () => false);
  pass(t, 25_000);
  assert.deepEqual(heard, { asked: 1, dead: 1 });
  pass(t, 10 * minuteMs);
  assert.deepEqual(heard, { asked: 1, dead: 1 });
});

test('a browser that fires its timers once a minute, as for a hidden tab, makes no connection dead', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const onTime = globalThis.setTimeout;
  t.mock.method(globalThis, 'setTimeout', (act: () => void, ms: number) =>
    onTime(act, Math.ceil(ms / minuteMs) * minuteMs),
  );
  const heard = pulse(t, () => true);
  pass(t, 20 * minuteMs);
  assert.deepEqual(heard, { asked: 10, dead: 0 });
});
