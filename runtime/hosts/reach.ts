// How the engine reaches registries on behalf of a host: as a program in its workspace would.

import { startTicksOf } from '../kernel/processes.ts';
import type { Reach } from '../registries/reach.ts';
import type { Host } from './host.ts';
import { proxyOf } from './open-egress.ts';
import { workshopName } from './workshop-name.ts';

/** Throws unavailable where the host is stopped, conflict where it is frozen. */
export function reachOf(host: Host): Reach {
  if (host.name === workshopName) return machineReach();
  host.needRunning();
  const { pid, startTicks } = host.record;
  return {
    pid,
    startTicks,
    namesDirectory: `${host.directory}/workspace/etc`,
    proxy: proxyOf(host),
  };
}

/** As a program of the machine itself would. */
function machineReach(): Reach {
  return { pid: process.pid, startTicks: startTicksOf(process.pid), namesDirectory: '/etc', proxy: null };
}
