// The thread for files, with a program that answers at once, hangs, or fails: each is its own host's affair.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { FileThread } from '../../../runtime/files/thread.ts';
import { maxFileRequestsPerHost } from '../../../runtime/limits.ts';

const program = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id, job: { path } }) => {
      if (path === 'hangs') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      if (path === 'fails') throw new Error('the program is broken');
      parentPort.postMessage({ id, result: { files: [], more: false } });
    });
  `)}`,
);

const host = (id: string) => ({ id, name: id, running: true, record: { pid: 1, startTicks: 1, uidBase: 1 } });

test('hosts take turns: many requests of one do not hold up the others', async () => {
  const thread = new FileThread(program);
  const done: string[] = [];
  const ask = async (id: string) => {
    await thread.do(host(id), { kind: 'list', path: '' });
    done.push(id);
  };
  await Promise.all([...Array.from({ length: 8 }, () => ask('greedy')), ask('other'), ask('third')]);
  assert.deepEqual(done.slice(0, 3).sort(), ['greedy', 'other', 'third']);
});

test('a host has so many requests waiting and no more, and others have theirs', async () => {
  const thread = new FileThread(program);
  const asked = Array.from({ length: maxFileRequestsPerHost + 2 }, () =>
    thread.do(host('greedy'), { kind: 'list', path: '' }),
  );
  const other = thread.do(host('other'), { kind: 'list', path: '' });
  const outcomes = await Promise.allSettled(asked);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  // One is at work and waits no longer.
  assert.equal(refused.length, 1);
  await assert.rejects(asked.at(-1) ?? other, { kind: 'exhausted' });
  assert.deepEqual(await other, { files: [], more: false });
});

test('a request that hangs, or breaks the thread, fails alone', async () => {
  // Also a thread that is new must answer in that time, on a machine that may be busy.
  const thread = new FileThread(program, 5_000);
  const [hangs, after, fails, other] = await Promise.allSettled([
    thread.do(host('greedy'), { kind: 'list', path: 'hangs' }),
    thread.do(host('greedy'), { kind: 'list', path: '' }),
    thread.do(host('third'), { kind: 'list', path: 'fails' }),
    thread.do(host('other'), { kind: 'list', path: '' }),
  ]);
  assert.match(String(hangs.status === 'rejected' && hangs.reason), /took too long/);
  assert.match(String(fails.status === 'rejected' && fails.reason), /the program is broken/);
  assert.deepEqual([after.status, other.status], ['fulfilled', 'fulfilled']);
});

test('a descriptor that a system call has opened is closed without a warning in the engine’s log', async () => {
  const beneath = new URL('../../../runtime/kernel/beneath.ts', import.meta.url).href;
  const closes = new URL(
    `data:text/javascript,${encodeURIComponent(`
      import fs from 'node:fs';
      import { parentPort } from 'node:worker_threads';
      const { openBeneath } = await import('${beneath}');
      const warnings = [];
      process.on('warning', ({ message }) => warnings.push(message));
      parentPort.on('message', ({ id }) => {
        const root = fs.openSync('/', fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
        fs.closeSync(openBeneath(root, 'etc'));
        fs.closeSync(root);
        setImmediate(() => parentPort.postMessage({ id, result: { files: warnings, more: false } }));
      });
    `)}`,
  );
  const thread = new FileThread(closes);
  assert.deepEqual(await thread.do(host('one'), { kind: 'list', path: '' }), { files: [], more: false });
});
