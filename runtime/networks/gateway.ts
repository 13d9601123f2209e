// Which of a container's networks has its default route, and its published ports.

import { type Endpoint, type Endpoints, inOrder, poolsOf } from './endpoint.ts';
import type { Network, Networks } from './network.ts';

/** A network that a container is on. */
export interface Joined {
  readonly network: Network;
  readonly endpoint: Endpoint;
}

/**
 * As moby chooses (`selectGatewayEndpoint`, `Endpoint.Less`): one with IPv6 before all without, then the one of the highest priority,
 * then the first by name; none that is internal. `priorityOf` is by the name of the network. Null where no network leads out.
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
  const hasIpv6 = ({ network }: Joined): number => Number((network.bridge?.ipv6 ?? null) !== null);
  const before = (a: Joined, b: Joined): number =>
    hasIpv6(b) - hasIpv6(a) ||
    priorityOf(b.network.name) - priorityOf(a.network.name) ||
    (a.network.name < b.network.name ? -1 : 1);
  return leadingOut.sort(before)[0] ?? null;
}

/** The gateways by which the container's packets go out, one of each family that the network has; none where none leads out. */
export function gatewaysBy(joined: Joined | null): string[] {
  const bridge = joined?.network.bridge;
  return bridge ? poolsOf(bridge).map(({ gateway }) => gateway) : [];
}
