// Which of a container's networks has its default route, and its published ports.

import { type Endpoint, type Endpoints, inOrder } from './endpoint.ts';
import type { Network, Networks } from './network.ts';

/** A network that a container is on. */
export interface Joined {
  readonly network: Network;
  readonly endpoint: Endpoint;
}

/**
 * As moby chooses (`Endpoint.Less`): the one of the highest priority, then the first by name; none that is internal. `priorityOf` is
 * by the name of the network. Null where no network leads out.
 */
export function gatewayOf(
  endpoints: Endpoints,
  networks: Networks,
  priorityOf: (network: string) => number,
): Joined | null {
  const leadingOut = inOrder(endpoints).flatMap(([name, endpoint]): Joined[] => {
    const network = networks.get(name);
    return network?.bridge && !network.bridge.internal ? [{ network, endpoint }] : [];
  });
  const before = (a: Joined, b: Joined): number =>
    priorityOf(b.network.name) - priorityOf(a.network.name) || (a.network.name < b.network.name ? -1 : 1);
  return leadingOut.sort(before)[0] ?? null;
}
