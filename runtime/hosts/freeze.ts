// Freezes a host: its processes get no CPU until the host is thawed.

import { setFrozen } from '../kernel/cgroups.ts';
import type { Host } from './host.ts';

/** Idempotent. Containers that a student has paused stay paused after the thaw. Throws unavailable where the host is stopped. */
export function freezeHost(host: Host): Promise<void> {
  return host.whileThere(async () => {
    if (host.frozen) return;
    host.needRunning();
    host.agenda.pause();
    host.frozen = true; // before the kernel does it: a request that comes meanwhile would hang
    try {
      await setFrozen(host.group, true);
    } catch (error) {
      await thaw(host);
      throw error;
    }
  });
}

/** Idempotent, also for a host that is stopped. */
export function thawHost(host: Host): Promise<void> {
  return host.whileThere(() => thaw(host));
}

/** The caller holds the host's lock. */
export async function thaw(host: Host): Promise<void> {
  if (!host.frozen) return;
  await setFrozen(host.group, false);
  host.frozen = false;
  host.agenda.resume();
}
