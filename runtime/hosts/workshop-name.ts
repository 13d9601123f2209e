// The host in which the engine builds images is one like the others, but that nobody is told of.

import type { Host } from './host.ts';

/** No other host can be called so. */
export const workshopName = '.workshop';

/** The hosts that there are for everybody but the engine itself. */
export function shownHosts(hosts: ReadonlyMap<string, Host>): Host[] {
  return [...hosts.values()].filter(({ name }) => name !== workshopName);
}
