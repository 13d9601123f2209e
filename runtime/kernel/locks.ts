// Locks between processes: flock(2) on a file, let go by the kernel when the holder dies.

import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';

const flock = koffi.load('libc.so.6').func('int flock(int fd, int operation)');
const exclusiveNonBlocking = 2 | 4;
/** How often a waiter looks again; what is waited for takes seconds. */
const retryMs = 250;

/** A lock that is held until it is disposed of. */
export interface Lock {
  [Symbol.dispose](): void;
}

/** Takes the lock on `path` (made where missing), or gives null at once where another holds it. */
export function tryLock(path: string): Lock | null {
  const fd = openSync(path, 'a', 0o600);
  if (flock(fd, exclusiveNonBlocking) !== 0) {
    closeSync(fd);
    return null;
  }
  return { [Symbol.dispose]: () => closeSync(fd) };
}

/** Takes the lock on `path`, waiting for as long as another holds it. Rejects when `signal` aborts. `onWait` is called once if it has to wait. */
export async function lock(path: string, signal: AbortSignal, onWait: () => void): Promise<Lock> {
  for (let told = false; ; ) {
    signal.throwIfAborted();
    const held = tryLock(path);
    if (held) return held;
    if (!told) onWait();
    told = true;
    await sleep(retryMs, undefined, { signal });
  }
}
