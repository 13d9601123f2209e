// A container's endpoints: chosen when it starts, by its network mode, and linked to the bridges of their networks.

import { connectToBridge, raiseLoopback } from '../networks/bridge.ts';
import { allocateEndpoint, type Endpoints, endpointIn, inOrder, noEndpoints } from '../networks/endpoint.ts';
import { findNetwork } from '../networks/network.ts';
import type { Container, ContainerHost } from './container.ts';
import { networkModeOf } from './joined.ts';

/** The endpoints that a start gives the container: those of `before` where nobody has their address now. Throws notFound, exhausted. */
export function chooseEndpoints(container: Container, before: Endpoints): Endpoints {
  const { host, record } = container;
  const mode = networkModeOf(record);
  if (mode.kind !== 'bridged') return noEndpoints;
  const { name, bridge } = findNetwork(host.networks, mode.network);
  if (bridge === null) return noEndpoints;
  const taken = takenAddresses(host, name, container);
  const earlier = endpointIn(before, name);
  const isFree = earlier !== null && !taken.has(earlier.ipAddress);
  return { [name]: isFree ? earlier : allocateEndpoint(bridge, taken, record.macAddress) };
}

function takenAddresses(host: ContainerHost, network: string, butFor: Container): Set<string> {
  const taken = new Set<string>();
  for (const container of host.containers.values()) {
    const endpoint = endpointIn(container.record.endpoints, network);
    if (container !== butFor && endpoint) taken.add(endpoint.ipAddress);
  }
  return taken;
}

/** Links the network namespace of `machinePid`, the container's process, to what its record says. */
export function connectEndpoints(container: Container, machinePid: number): void {
  const { host, record } = container;
  for (const [place, [name, endpoint]] of inOrder(record.endpoints).entries()) {
    const { bridge } = findNetwork(host.networks, name);
    if (bridge) connectToBridge(host.record.pid, machinePid, bridge, endpoint, place);
  }
  if (networkModeOf(record).kind === 'none') raiseLoopback(machinePid);
}
