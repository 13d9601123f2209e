// A thread that is done with a job is there for the next, and not for ever.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterEach, test, vi } from 'vitest';
import { idleThreads } from '../../runtime/idle-threads.ts';
import { takeThread } from '../../runtime/spare-threads.ts';
import { hash } from '../../runtime/store/layer-work.ts';
import { tarOf } from '../support/tar.ts';

const source = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => undefined);`;
const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
const started: Worker[] = [];
const enough = Math.max(6, 3 * navigator.hardwareConcurrency);

function threads() {
  const retired: Worker[] = [];
  const start = (): Worker => {
    const worker = new Worker(url);
    started.push(worker);
    return worker;
  };
  return { ...idleThreads(start, (worker) => retired.push(worker)), retired };
}

afterEach(async () => {
  vi.useRealTimers();
  for (const worker of started.splice(0)) await worker.terminate();
});

test('a thread that was given back is taken again, one that has died meanwhile is not', async () => {
  const { take, giveBack } = threads();
  const [one, other] = [await take(), await take()];
  assert.notEqual(one, other);
  giveBack(one);
  giveBack(other);
  assert.equal(await take(), other);
  await Promise.all([once(one, 'exit'), one.terminate()]);
  assert.ok(![one, other].includes(await take()));
});

test('where enough are at work, who comes has the next that is done, in turn; one more is started where none is for a while', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { take, giveBack } = threads();
  const working = await Promise.all(Array.from({ length: enough }, take));
  assert.equal(started.length, enough);
  const [first, second, third] = [take(), take(), take()];
  const [one, other] = working;
  assert.ok(one && other);
  giveBack(one);
  assert.equal(await first, one);
  await Promise.all([once(other, 'exit'), other.terminate()]);
  giveBack(other); // of no use to anybody
  vi.advanceTimersByTime(200);
  const both = await Promise.all([second, third]);
  assert.deepEqual(
    both.map((worker) => started.indexOf(worker)),
    [enough, enough + 1],
  );
  // The one that has ended counts no more, those that came since do.
  const more = take();
  giveBack(one);
  assert.equal(await more, one);
});

test('two wait for a minute, the rest of a rush for seconds, and no more than 16', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { take, giveBack, retired } = threads();
  const wanted = Array.from({ length: 17 }, take);
  vi.advanceTimersByTime(200);
  const rush = await Promise.all(wanted);
  for (const worker of rush) giveBack(worker);
  assert.deepEqual(retired, rush.slice(16));
  vi.advanceTimersByTime(4000);
  assert.deepEqual(new Set(retired), new Set(rush.slice(2)));
  vi.advanceTimersByTime(55_000);
  assert.equal(retired.length, 15);
  vi.advanceTimersByTime(2000);
  assert.equal(retired.length, 17);
});

/** Threads are numbered in the order of their starts. */
async function nextNumber(): Promise<number> {
  const worker = takeThread({ url, maxHeapMb: 64 });
  started.push(worker);
  return worker.threadId;
}

test('layers are read by one thread after the other’s, where they are small', async () => {
  const folder = await mkdtemp(`${os.tmpdir()}/layers-`);
  try {
    const read = async (bytes: number): Promise<void> => {
      const blob = `${folder}/${bytes}`;
      fs.writeFileSync(blob, await tarOf([[{ name: 'file' }, 'x'.repeat(bytes)]]));
      const job = { kind: 'hash', blob, maxBytes: 2 * bytes + 10_000, digest: null } as const;
      await hash(job, new AbortController().signal, () => undefined);
    };
    await read(1);
    const before = await nextNumber();
    for (const bytes of [2, 3, 4]) await read(bytes);
    assert.equal(await nextNumber(), before + 1);
    // What a large one has taken goes with its thread.
    await read(5 * 1024 * 1024);
    await read(5);
    assert.equal(await nextNumber(), before + 3);
  } finally {
    await rm(folder, { recursive: true });
  }
});
