// Threads that are done with a job and wait for the next: to start one takes 40 ms of a processor, many times what a small job takes.
// Some wait for a minute; what a rush has left beside them waits for seconds.

import type { Worker } from 'node:worker_threads';

/** How many wait for long, and for how long: a waiting one has 20 MB. */
const lasting = 2;
const lastingMs = 60_000;
/** The same of what a rush leaves: as many as that had may be wanted again at once. */
const most = 16;
const shortMs = 3000;

/**
 * With so many at work one more makes none of them faster: who comes then waits for one that is done, as long as one is now and then,
 * and not longer than a second. More than one host's clients can hold by reading slowly (`maxArchivesPerHost`).
 */
const enough = Math.max(6, 3 * navigator.hardwareConcurrency);
const patienceMs = 100;
const mostPatienceMs = 1000;

export interface IdleThreads {
  /** One that waits, or a new one: the caller's. */
  readonly take: () => Promise<Worker>;
  /** One that can do another job. */
  readonly giveBack: (worker: Worker) => void;
}

/** True for a thread that has ended. */
export const isDead = (worker: Worker): boolean => worker.threadId < 0;

/** `retire` ends a thread that nobody needs any more. */
export function idleThreads(start: () => Worker, retire: (worker: Worker) => void): IdleThreads {
  const busy = new Set<Worker>();
  const wanting: { readonly take: (worker: Worker | null) => void; readonly timer: NodeJS.Timeout }[] = [];
  // The last is taken first, so that the others' time passes.
  const idle: { readonly worker: Worker; readonly timer: NodeJS.Timeout }[] = [];

  const started = (): Worker => {
    const worker = start();
    busy.add(worker);
    worker.once('exit', () => busy.delete(worker));
    return worker;
  };
  const waiting = (): Worker | undefined => {
    for (let last = idle.pop(); last; last = idle.pop()) {
      clearTimeout(last.timer);
      if (isDead(last.worker)) continue;
      last.worker.ref();
      busy.add(last.worker);
      return last.worker;
    }
    return undefined;
  };
  const given = async (): Promise<Worker> => {
    const { promise, resolve } = Promise.withResolvers<Worker | null>();
    const timer = setTimeout(() => resolve(null), patienceMs);
    const last = setTimeout(() => resolve(null), mostPatienceMs);
    const wants = { take: resolve, timer };
    wanting.push(wants);
    const worker = await promise;
    clearTimeout(timer);
    clearTimeout(last);
    if (worker) return worker;
    wanting.splice(wanting.indexOf(wants), 1);
    return waiting() ?? started();
  };
  const keep = (worker: Worker): void => {
    busy.delete(worker);
    worker.unref();
    if (idle.length >= most) {
      retire(worker);
      return;
    }
    const end = (): void => {
      idle.splice(
        idle.findIndex((one) => one.worker === worker),
        1,
      );
      retire(worker);
    };
    const timer = setTimeout(end, idle.length < lasting ? lastingMs : shortMs);
    timer.unref();
    idle.push({ worker, timer });
  };
  return {
    take: async () => waiting() ?? (busy.size < enough ? started() : await given()),
    giveBack: (worker) => {
      if (isDead(worker)) return;
      const next = wanting.shift();
      if (!next) return keep(worker);
      next.take(worker);
      for (const { timer } of wanting) timer.refresh();
    },
  };
}
