// What a host has used up when something could not be started for it: conmon and the OCI runtime are charged to the host, and
// the kernel only says "Resource temporarily unavailable" to them, or nothing.

import { EngineError } from '../errors.ts';
import { usageOf } from './cgroup-usage.ts';
import { processLimitOf } from './cgroups.ts';

/** An OCI runtime has up to ten threads and children at once. */
const processesOfAStart = 10;
/** What is short of this part of the limit, the kernel did not have to kill for. */
const nearlyAll = 0.97;

/** `error`, or what the host `group` lacks where that is why: exhausted, with what to do. */
export function shortageOr(error: unknown, group: string): unknown {
  if (!(error instanceof Error) || !isForWant(error.message)) return error;
  const { pids, memoryBytes, memoryLimitBytes } = usageOf(group);
  const mostPids = processLimitOf(group);
  if (pids + processesOfAStart > mostPids) {
    return new EngineError(
      'exhausted',
      `this host has ${pids} processes and can have no more; end some of them (docker kill CONTAINER) and try again`,
      { cause: error },
    );
  }
  if (memoryBytes > memoryLimitBytes * nearlyAll) {
    return new EngineError(
      'exhausted',
      'the memory of this host is used up; end what uses it (docker kill CONTAINER) and try again',
      { cause: error },
    );
  }
  return error;
}

/** fork(2) says EAGAIN, mmap(2) ENOMEM; what was killed says nothing any more. */
function isForWant(message: string): boolean {
  return /temporarily unavailable|EAGAIN|cannot allocate memory|ENOMEM|killed|ended without an answer|fork|clone|pthread_create/i.test(
    message,
  );
}
