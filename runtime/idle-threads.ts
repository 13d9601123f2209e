// Threads that are done with a job and wait for the next: to start one takes 40 ms of a processor, many times what a small job takes.
// Some wait for a minute; what a rush has left beside them waits for seconds.

import type { Worker } from 'node:worker_threads';

/** How many wait for long, and for how long: a waiting one has 20 MB. */
const lasting = 2;
const lastingMs = 60_000;
/** The same of what a rush leaves: as many as that had may be wanted again at once. */
const most = 16;
const shortMs = 3000;

export interface IdleThreads {
  /** One that waits, or a new one: the caller's. */
  readonly take: () => Worker;
  /** One that can do another job. */
  readonly giveBack: (worker: Worker) => void;
}

/** True for a thread that has ended. */
export const isDead = (worker: Worker): boolean => worker.threadId < 0;

/** `retire` ends a thread that nobody needs any more. */
export function idleThreads(start: () => Worker, retire: (worker: Worker) => void): IdleThreads {
  // The last is taken first, so that the others' time passes.
  const idle: { readonly worker: Worker; readonly timer: NodeJS.Timeout }[] = [];
  return {
    take: () => {
      for (let waiting = idle.pop(); waiting; waiting = idle.pop()) {
        clearTimeout(waiting.timer);
        if (isDead(waiting.worker)) continue;
        waiting.worker.ref();
        return waiting.worker;
      }
      return start();
    },
    giveBack: (worker) => {
      worker.unref();
      if (idle.length >= most) {
        retire(worker);
        return;
      }
      const timer = setTimeout(
        () => {
          idle.splice(
            idle.findIndex((one) => one.worker === worker),
            1,
          );
          retire(worker);
        },
        idle.length < lasting ? lastingMs : shortMs,
      );
      timer.unref();
      idle.push({ worker, timer });
    },
  };
}
