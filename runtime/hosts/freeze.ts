// Freezing a host: every process of it stays where it is and gets no CPU, until it is thawed.

import { setFrozen } from '../kernel/cgroups.ts';
import type { Host } from './host.ts';

/** Idempotent. Containers that are paused by themselves stay so after the thaw. Throws unavailable where the host is stopped. */
export function freezeHost(host: Host): Promise<void> {
  return host.whileThere(async () => {
    if (host.frozen) return;
    host.needRunning();
    host.frozen = true; // before it is: what is asked meanwhile would hang
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

/** For who has the host's turn. */
export async function thaw(host: Host): Promise<void> {
  if (!host.frozen) return;
  await setFrozen(host.group, false);
  host.frozen = false;
}
