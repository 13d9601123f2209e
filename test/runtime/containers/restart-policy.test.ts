// When a container is started again, and after how long: moby's rules.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import {
  checkedRestartPolicy,
  type RestartPolicy,
  type RunEnd,
  restartDelay,
  startsAgainAfter,
} from '../../../runtime/containers/restart-policy.ts';

const policy = (Name: RestartPolicy['Name'], MaximumRetryCount = 0): RestartPolicy => ({ Name, MaximumRetryCount });
const ended = { exitCode: 0, manualEnd: 'none', restartCount: 0 } as const;

test('the wait before a restart begins at 100 ms, doubles up to a minute, and begins anew after a run of 10 s', () => {
  const delays: number[] = [];
  for (let before = 0; delays.length < 12; before = delays.at(-1) ?? 0) delays.push(restartDelay(before, 9_999));
  assert.deepEqual(delays, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
  assert.equal(restartDelay(60_000, 10_000), 100);
});

test('a policy decides by the exit code, by how often it has decided so, and by what its student did', () => {
  const table: [given: RestartPolicy, how: Partial<RunEnd>, again: boolean][] = [
    [policy('no'), { exitCode: 1 }, false],
    [policy('always'), {}, true],
    [policy('always'), { manualEnd: 'signalled' }, true],
    [policy('always'), { manualEnd: 'stopped' }, false],
    [policy('unless-stopped'), {}, true],
    [policy('unless-stopped'), { manualEnd: 'signalled' }, false],
    [policy('on-failure'), {}, false],
    [policy('on-failure'), { exitCode: 1, restartCount: 1000 }, true],
    [policy('on-failure', 2), { exitCode: 137, restartCount: 1 }, true],
    [policy('on-failure', 2), { exitCode: 137, restartCount: 2 }, false],
    [policy('on-failure'), { exitCode: 1, manualEnd: 'stopped' }, false],
  ];
  for (const [given, how, again] of table)
    assert.equal(startsAgainAfter(given, { ...ended, ...how }), again, JSON.stringify([given, how]));
});

test('a policy without a name is none, whatever its number: old clients send such', () => {
  assert.deepEqual(checkedRestartPolicy('', 3), policy('no'));
});
