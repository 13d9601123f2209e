// How the engine reaches registries on behalf of a host: as a program in its workspace would.

import type { Reach } from '../registries/reach.ts';
import type { Host } from './host.ts';
import { proxyOf } from './open-egress.ts';

/** Throws unavailable where the host is stopped, conflict where it is frozen. */
export function reachOf(host: Host): Reach {
  host.needRunning();
  const { pid, startTicks } = host.record;
  return {
    pid,
    startTicks,
    namesDirectory: `${host.directory}/workspace/etc`,
    proxy: proxyOf(host),
  };
}
