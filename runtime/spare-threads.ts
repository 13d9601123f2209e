// Threads that are started before they are needed: to start one takes longer than to bring a small layer. One of each program waits, for
// a while after the last was done with.

import { Worker } from 'node:worker_threads';

/** A waiting one has 10 MB. */
const idleMs = 60_000;

export interface ThreadProgram {
  /** Does nothing before its first message. */
  readonly url: URL;
  /** A hostile job must not make it take the engine's memory. */
  readonly maxHeapMb: number;
}

interface Spare {
  readonly worker: Worker;
  readonly timer: NodeJS.Timeout;
}

const spares = new Map<string, Spare>();

/** A thread that has done nothing yet: the caller's, who ends it. */
export function takeThread(program: ThreadProgram): Worker {
  const spare = spares.get(program.url.href);
  if (!spare) return start(program);
  forget(program, spare);
  spare.worker.ref();
  return spare.worker;
}

let isLasting = false;

/** This process goes on when it has nothing to do. One that ends while a thread still starts is brought down by what that loads. */
export function keepSpares(): void {
  isLasting = true;
}

/** Has one wait for the next who takes one, in a process that keeps spares. */
export function keepSpare(program: ThreadProgram): void {
  if (!isLasting) return;
  const waiting = spares.get(program.url.href);
  if (waiting) {
    waiting.timer.refresh();
    return;
  }
  const worker = start(program);
  worker.unref();
  const timer = setTimeout(() => {
    forget(program, spare);
    void worker.terminate();
  }, idleMs);
  timer.unref();
  const spare: Spare = { worker, timer };
  // Whoever needs one then starts one, and is told what is wrong.
  worker.on('error', () => undefined).on('exit', () => forget(program, spare));
  spares.set(program.url.href, spare);
}

function forget({ url }: ThreadProgram, spare: Spare): void {
  clearTimeout(spare.timer);
  if (spares.get(url.href) === spare) spares.delete(url.href);
}

function start({ url, maxHeapMb }: ThreadProgram): Worker {
  return new Worker(url, { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } });
}
