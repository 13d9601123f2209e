// The network namespace of a worker thread. For threads that end in it: `namespaces.ts` is the main thread's.

import fs from 'node:fs';
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { checked, libcCalls, SystemCallError } from './libc.ts';
import { isAlive } from './processes.ts';

const CLONE_NEWNET = 0x40000000;

/**
 * Moves this thread, a worker, into the network namespace of process `pid`, started at `startTicks`, for good: every socket that it
 * opens from then on is in there. Names that Node looks up by itself are not: that is done by other threads. Throws
 * SystemCallError, ESRCH where the process is gone; the thread must end then.
 */
export function moveIntoNetworkOf({ pid, startTicks }: { readonly pid: number; readonly startTicks: number }): void {
  if (isMainThread) throw new Error('the engine’s own thread stays in the machine’s network namespace');
  const there = fs.openSync(`/proc/${pid}/ns/net`, 'r');
  try {
    // Looked at once it is open: the number may have gone to another process, of the machine perhaps.
    if (!isAlive(pid, startTicks)) throw new SystemCallError('enter network namespace', constants.errno.ESRCH);
    checked('enter network namespace', libcCalls.setns(there, CLONE_NEWNET));
  } finally {
    fs.closeSync(there);
  }
}
