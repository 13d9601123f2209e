// Token buckets: how fast, how many at once, and never more keys than the bound.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { RateLimit } from '../../sandbox-server/rate-limit.ts';

test('F11 rate limit lets a burst through, then says how long to wait', () => {
  let now = 0;
  const limit = new RateLimit({ perSecond: 5 / 60, burst: 5, now: () => now });
  for (let time = 0; time < 5; time += 1) assert.equal(limit.take('a'), 0);
  assert.equal(limit.take('a'), 12_000);
  assert.equal(limit.take('b'), 0, 'another key is not held back');
  now = 12_001;
  assert.equal(limit.take('a'), 0);
  assert.ok(limit.take('a') > 0);
});

test('F11 rate limit does not grow with a million addresses', () => {
  const limit = new RateLimit({ perSecond: 1, burst: 1, now: () => 0, maxKeys: 1_000 });
  for (let address = 0; address < 1_000_000; address += 1) limit.take(String(address));
  assert.equal(limit.size, 1_000);
});
