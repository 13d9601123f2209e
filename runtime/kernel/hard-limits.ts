// This process's own hard limits (setrlimit(2)): in a user namespace nothing that it starts can have more.

import fs from 'node:fs';
import { libcCalls } from './libc.ts';

const RLIMIT_MEMLOCK = 8;
/** RLIM_INFINITY of getrlimit(2). */
const unlimited = 0xffff_ffff_ffff_ffffn;

/** Docker's names for the limits, and the kernel's in /proc/PID/limits. */
const titles: ReadonlyMap<string, string> = new Map([
  ['core', 'core file size'],
  ['cpu', 'cpu time'],
  ['data', 'data size'],
  ['fsize', 'file size'],
  ['locks', 'file locks'],
  ['memlock', 'locked memory'],
  ['msgqueue', 'msgqueue size'],
  ['nice', 'nice priority'],
  ['nofile', 'open files'],
  ['nproc', 'processes'],
  ['rss', 'resident set'],
  ['rtprio', 'realtime priority'],
  ['rttime', 'realtime timeout'],
  ['sigpending', 'pending signals'],
  ['stack', 'stack size'],
]);

/**
 * Takes away this process's own limit of locked memory where the kernel lets it, so that a host's processes can be given more. What
 * they lock is memory of their host's cgroup as all that they use. Call it before anything asks for `hardLimitOf`.
 */
export function raiseLockedMemory(): void {
  // struct rlimit: soft and hard, 64 bits each. Fails without CAP_SYS_RESOURCE: then as much as there is.
  libcCalls.setrlimit(RLIMIT_MEMLOCK, Buffer.from(BigUint64Array.of(unlimited, unlimited).buffer));
}

/** Read once: nothing changes them while the engine runs. */
let limits: string | null = null;

/** Infinity where there is none; null where there is no limit of that name. */
export function hardLimitOf(name: string): number | null {
  const title = titles.get(name);
  if (title === undefined) return null;
  limits ??= fs.readFileSync('/proc/self/limits', 'latin1');
  const hard = new RegExp(`^Max ${title}\\s+\\S+\\s+(\\S+)`, 'm').exec(limits)?.[1];
  return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}
