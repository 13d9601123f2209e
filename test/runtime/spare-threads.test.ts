// A thread waits for whoever needs one next, and not for ever.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, test, vi } from 'vitest';
import { keepSpare, keepSpares, takeThread } from '../../runtime/spare-threads.ts';

/** Says at each message how many it has had. */
const source = `import { parentPort } from 'node:worker_threads';
let had = 0;
parentPort.on('message', () => parentPort.postMessage(++had));`;
const programOf = (name: string) => ({
  url: new URL(`data:text/javascript,${encodeURIComponent(source)}//${name}`),
  maxHeapMb: 64,
});
keepSpares();
const taken: Worker[] = [];

function take(program: ReturnType<typeof programOf>): Worker {
  const worker = takeThread(program);
  taken.push(worker);
  return worker;
}

afterEach(async () => {
  vi.useRealTimers();
  for (const worker of taken.splice(0)) await worker.terminate();
});

async function answerOf(worker: Worker): Promise<unknown> {
  worker.postMessage('');
  const [answer] = await once(worker, 'message');
  return answer;
}

test('the one that waits is taken by one alone, and has done nothing yet', async () => {
  const program = programOf('one');
  const first = take(program);
  assert.equal(await answerOf(first), 1);
  keepSpare(program);
  keepSpare(program);
  // Threads are numbered in the order of their starts.
  const between = take(programOf('another'));
  const [second, third] = [take(program), take(program)];
  assert.equal(second.threadId, first.threadId + 1);
  assert.equal(between.threadId, first.threadId + 2, 'one waits, however often it is asked for');
  assert.equal(third.threadId, first.threadId + 3);
  assert.deepEqual(await Promise.all([second, third].map(answerOf)), [1, 1]);
});

test('one that nobody takes ends, and whoever comes later has a new one', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const program = programOf('idle');
  keepSpare(program);
  const before = take(program).threadId;
  keepSpare(program);
  vi.advanceTimersByTime(59_000);
  keepSpare(program); // it is used: the time begins anew
  vi.advanceTimersByTime(59_000);
  const waited = take(program);
  assert.equal(waited.threadId, before + 1);
  keepSpare(program);
  vi.advanceTimersByTime(61_000);
  const after = take(program);
  assert.equal(after.threadId, before + 3);
  assert.equal(await answerOf(after), 1);
});
