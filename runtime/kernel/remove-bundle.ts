// Removing the directory of a process under conmon, in which a conmon that ends at this moment may still write.

import { existsSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A conmon that is about to end writes its last in less. */
const busyMs = 500;
const againMs = 10;

/** Removes `bundle` with everything in it; idempotent. Throws, after half a second, where something in it is held. */
export async function removeBundle(bundle: string): Promise<void> {
  // A dozen files on tmpfs: to go through them at once takes less of the loop than to be called back for each.
  try {
    rmSync(bundle, { recursive: true, force: true });
    // Where a file in it is renamed meanwhile, as conmon does, it says nothing and leaves the rest.
    if (!existsSync(bundle)) return;
  } catch {
    // `rm` tells why
  }
  // Not by `maxRetries`: that tries again for each directory in the directory, and so for seconds.
  const giveUpMs = performance.now() + busyMs;
  for (;;) {
    // The time may have passed while others had the processor: what was let go of meanwhile is looked at once more.
    const isLast = performance.now() > giveUpMs;
    try {
      await rm(bundle, { recursive: true, force: true });
      return;
    } catch (error) {
      if (isLast) throw error;
    }
    await delay(againMs);
  }
}
