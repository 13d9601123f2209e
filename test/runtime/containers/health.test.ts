// What a check makes of a container's health, and when the next one comes: moby's rules.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { type Health, healthAfter, healthAtStart, pauseMsBeforeCheck } from '../../../runtime/containers/health.ts';

const second = 1e9;
const start = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString();
const result = (seconds: number, ExitCode: number) => ({ Start: at(seconds), End: at(seconds), ExitCode, Output: '' });
const begun: Health = { Status: 'starting', FailingStreak: 0, Log: [] };

test('a container is healthy after one good check, and unhealthy after three bad ones in a row', () => {
  const config = { Test: ['CMD', 'true'] };
  let health = begun;
  const seen = [1, 1, 0, 1, 1, 1, 0].map((code, n) => {
    health = healthAfter(config, health, result(n, code), at(0));
    return `${health.Status} ${health.FailingStreak}`;
  });
  assert.deepEqual(seen, [
    ...['starting 1', 'starting 2', 'healthy 0', 'healthy 1', 'healthy 2', 'unhealthy 3', 'healthy 0'],
  ]);
  assert.deepEqual(
    health.Log.map(({ ExitCode }) => ExitCode),
    [0, 1, 1, 1, 0],
  );
});

test('in the start period a failure counts only once a check was good', () => {
  const config = { Retries: 1, StartPeriod: 10 * second };
  const early = healthAfter(config, begun, result(9, 1), at(0));
  assert.deepEqual([early.Status, early.FailingStreak, early.Log.length], ['starting', 0, 1]);
  assert.equal(healthAfter(config, begun, result(11, 1), at(0)).Status, 'unhealthy');
  const good = healthAfter(config, begun, result(1, 0), at(0));
  assert.equal(healthAfter(config, good, result(2, 1), at(0)).Status, 'unhealthy');
});

test('checks come at the start interval until the start period is over, or one was good', () => {
  const config = { StartPeriod: 10 * second, StartInterval: 2 * second, Interval: 60 * second };
  assert.equal(pauseMsBeforeCheck(config, begun, 9_000), 2_000);
  assert.equal(pauseMsBeforeCheck(config, begun, 11_000), 60_000);
  assert.equal(pauseMsBeforeCheck(config, { ...begun, Status: 'healthy' }, 9_000), 60_000);
  assert.equal(pauseMsBeforeCheck({ StartPeriod: second }, begun, 0), 5_000);
  assert.equal(pauseMsBeforeCheck({}, begun, 0), 30_000);
});

test('a container without a check has no health', () => {
  for (const config of [undefined, {}, { Test: ['NONE'] }, { Test: ['SHELL', 'true'] }])
    assert.equal(healthAtStart(config, null), null);
  assert.deepEqual(healthAtStart({ Test: ['CMD-SHELL', 'true'] }, null), begun);
});
