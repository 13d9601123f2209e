// The mount namespace of a worker thread. For threads: `namespaces.ts` is the main thread's, and holds descriptors of its own.

import fs from 'node:fs';
import { checked, libcCalls } from './libc.ts';

const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;

/** A descriptor of the mount namespace that this thread is in, which lasts as long as it is open. */
export function holdMounts(): number {
  return fs.openSync('/proc/thread-self/ns/mnt', 'r');
}

/** Gives this thread, a worker, a root directory of its own, as `moveIntoMounts` wants it. */
export function ownRootDirectory(): void {
  checked('unshare root directory', libcCalls.unshare(CLONE_FS));
}

/** Moves this thread into a mount namespace that `fd` is a descriptor of. */
export function moveIntoMounts(fd: number): void {
  checked('enter mount namespace', libcCalls.setns(fd, CLONE_NEWNS));
}
