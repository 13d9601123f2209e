// A supervised process is started again when it dies, and given up when it dies too often; its log is bounded.

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, statSync, truncateSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'vitest';
import { isAlive, signalProcess, waitUntilGone } from '../../cli/processes.ts';
import { SupervisedChild } from '../../cli/supervisor/child.ts';
import { LogFile, lastComplaint } from '../../cli/supervisor/log-file.ts';
import { testRun } from '../support/instance.ts';
import { until } from '../support/until.ts';

async function withLog(use: (log: LogFile) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(`/tmp/${testRun}-child-`);
  try {
    using log = new LogFile(path.join(folder, 'child.log'));
    await use(log);
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Told {
  readonly restarts: string[];
  readonly next: () => Promise<void>;
}

function plan(log: LogFile, script: string): { child: SupervisedChild; told: Told; gaveUp: Promise<string> } {
  const restarts: string[] = [];
  let wake = Promise.withResolvers<void>();
  const gaveUp = Promise.withResolvers<string>();
  const child = new SupervisedChild({
    name: 'child',
    argv: ['sh', '-c', script],
    env: { PATH: '/usr/bin:/bin' },
    log,
    verbose: false,
    wasReady: () => false,
    onChange: () => {},
    onRestart: (how, delayMs) => {
      restarts.push(`${how} ${delayMs}`);
      wake.resolve();
      wake = Promise.withResolvers();
    },
    onGiveUp: gaveUp.resolve,
  });
  return { child, told: { restarts, next: () => wake.promise }, gaveUp: gaveUp.promise };
}

test('a child that is killed is started again; one that is told to stop is not', async () => {
  await withLog(async (log) => {
    const { child, told } = plan(log, 'exec sleep 60');
    child.start();
    const first = child.identity;
    assert.ok(first && isAlive(first));
    const next = told.next();
    process.kill(first.pid, 'SIGKILL');
    await next;
    assert.deepEqual(told.restarts, ['The child ended with SIGKILL 100']);
    await until('it runs again', () => child.identity !== null);
    const second = child.identity;
    assert.ok(second && second.pid !== first.pid);
    child.prepareToStop();
    signalProcess(second, 'SIGTERM');
    assert.equal(await waitUntilGone(second, 5000), true);
    assert.equal(told.restarts.length, 1);
  });
});

test('one that dies at every start is given up, with its last word', async () => {
  await withLog(async (log) => {
    const { child, told, gaveUp } = plan(log, 'echo "mount: no such device" >&2; exit 32');
    child.start();
    assert.equal(await gaveUp, 'The child ended with 32: mount: no such device');
    assert.equal(told.restarts.length, 2);
  });
});

test('what was written before somebody killed it is not why it ended; before it aborted it is', async () => {
  for (const [signal, told] of [
    ['KILL', 'The child ended with SIGKILL'],
    ['ABRT', 'The child ended with SIGABRT: error: no memory'],
  ])
    await withLog(async (log) => {
      const { child, gaveUp } = plan(log, `echo "error: no memory" >&2; kill -${signal} $$`);
      child.start();
      assert.equal(await gaveUp, told);
    });
});

test('why it died is taken from its log', async () => {
  await withLog(async (log) => {
    const { child, told } = plan(log, `echo '{"level":60,"msg":"the store is full"}'; exit 3`);
    const next = told.next();
    child.start();
    await next;
    child.prepareToStop();
    assert.deepEqual(told.restarts, ['The child ended with 3: the store is full 100']);
  });
});

test('the last error of a log is found among other lines', () => {
  const lines = [
    '{"level":50,"msg":"old"}',
    '{"level":60,"msg":"cannot mount","err":{"message":"no space"}}',
    '{"level":30,"msg":"bye"}',
  ];
  assert.equal(lastComplaint(lines.join('\n')), 'cannot mount: no space');
  assert.equal(lastComplaint('warming up\nTypeError: x is undefined\n    at f'), 'TypeError: x is undefined');
  assert.equal(lastComplaint('all is well'), null);
});

test('a log past its bound moves aside, and the writer goes on', async () => {
  await withLog(async (log) => {
    truncateSync(log.path, 10 * 1024 * 1024 + 1);
    log.rotate();
    assert.equal(statSync(log.path).size, 0);
    assert.ok(existsSync(`${log.path}.1`));
    appendFileSync(log.path, 'after\n');
    assert.equal(await readFile(log.path, 'utf8'), 'after\n');
  });
});
