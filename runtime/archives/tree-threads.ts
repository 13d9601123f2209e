// The threads that read and write containers' files, a job at a time.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { EngineError, type ErrorKind } from '../errors.ts';
import { idleThreads } from '../idle-threads.ts';
import type { FailedJob } from '../thread-job.ts';
import type { Assignment, Done, TreeJob, TreeMessage, TreeOrder } from './tree-jobs.ts';

/** Sends an order to a thread, and gives these buffers up to it. */
export type Send = (order: TreeOrder, givenUp?: ArrayBuffer[]) => void;

/** Of a document of 4 MiB of brackets in an archive of images, or of the names in a directory of a million files. */
const maxHeapMb = 512;
/** How long a thread may take to give a job up: it does so between two pieces of its work. */
const giveUpMs = 10_000;

const threads = idleThreads(
  () => {
    const worker = new Worker(new URL('./tree-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      // It opens descriptors by system calls, which Node does not know of, and closes them itself.
      trackUnmanagedFds: false,
    });
    worker.on('error', () => undefined); // whoever has it is told too
    return worker;
  },
  (worker) => worker.postMessage('retire' satisfies Assignment),
);

/**
 * Does a job in a thread, and gives its last word. `onStart` gets what sends it orders; `onMessage` is told all else that it says.
 * Throws what it says that failed, and the reason of `signal`; it is done with the job then, and has closed what it opened.
 */
export async function thread(
  job: TreeJob,
  signal: AbortSignal,
  onStart: (send: Send) => void,
  onMessage: (message: Exclude<TreeMessage, FailedJob | Done>) => void,
): Promise<Done> {
  signal.throwIfAborted();
  const worker = await threads.take();
  if (signal.aborted) threads.giveBack(worker);
  signal.throwIfAborted();
  const { port1: port, port2 } = new MessageChannel();
  const { promise: ended, resolve } = Promise.withResolvers<Done | FailedJob>();
  const failed = (message: string, errorKind: ErrorKind = 'internal'): void =>
    resolve({ kind: 'failed', errorKind, message });
  const died = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') failed('the archive takes too much memory to be read', 'invalid');
    else failed(`the archive's thread failed: ${String(error)}`);
  };
  const gone = (): void => failed('the archive’s thread ended without an answer');
  worker.on('error', died).on('exit', gone);
  port.on('message', (message: TreeMessage) => {
    if (message.kind === 'done' || message.kind === 'failed') resolve(message);
    else onMessage(message);
  });
  worker.postMessage({ job, port: port2 } satisfies Assignment, [port2]);
  const send: Send = (order, givenUp = []) => port.postMessage(order, givenUp);
  let isStuck = false;
  const stop = (): void => {
    send({ kind: 'stop' });
    void sleep(giveUpMs, null, { ref: false }).then(() => {
      isStuck = true;
      failed('the archive’s thread does not give up');
    });
  };
  signal.addEventListener('abort', stop, { once: true });
  onStart(send);
  try {
    const last = await ended;
    signal.throwIfAborted();
    if (last.kind === 'failed') throw new EngineError(last.errorKind, last.message);
    return last;
  } finally {
    signal.removeEventListener('abort', stop);
    port.close();
    worker.off('error', died).off('exit', gone);
    if (isStuck) await Promise.race([worker.terminate(), once(worker, 'exit')]);
    else threads.giveBack(worker);
  }
}
