// A container's endpoints: chosen when it starts, by what was asked for, and linked to the bridges of their networks.

import { at } from '../errors.ts';
import { canonical } from '../kernel/ip-address.ts';
import { connectToBridge, type LinkPlan, letReach, raiseLoopback } from '../networks/bridge.ts';
import {
  addressesOf,
  allocateEndpoint,
  type Endpoint,
  type Endpoints,
  endpointIn,
  hasEndpoints,
  inOrder,
  noEndpoints,
} from '../networks/endpoint.ts';
import { gatewayOf, gatewaysBy, type Joined } from '../networks/gateway.ts';
import { networkNameIn } from '../networks/mode.ts';
import { findNetwork, type Network, networkNamed } from '../networks/network.ts';
import { type Attachment, type Attachments, plainAttachment } from './attachment.ts';
import type { Container, ContainerHost } from './container.ts';
import { networkModeOf } from './joined.ts';

/** What was asked for on each network of the container, by name; nothing where it shares another one's. */
export function attachmentsOf({ host, record }: Container): Attachments {
  const main = networkNameIn(networkModeOf(record));
  if (main === null) return {};
  const asked = record.networks;
  if (asked !== null && !Object.hasOwn(asked, main)) return asked;
  const own = asked?.[main] ?? plainAttachment;
  // The network of the mode may be given by its ID.
  const name = networkNamed(host.networks, main)?.name ?? main;
  return { ...asked, [name]: { ...own, macAddress: own.macAddress ?? record.macAddress } };
}

/** The MAC address that was asked for on the network of the container's mode. */
export function askedMacAddress(container: Container): string | null {
  const main = networkNameIn(networkModeOf(container.record));
  if (main === null) return null;
  const name = networkNamed(container.host.networks, main)?.name ?? main;
  return attachmentsOf(container)[name]?.macAddress ?? null;
}

/** Whether it has a network namespace of its own. */
export function hasOwnNetwork({ record }: Container): boolean {
  const { kind } = networkModeOf(record);
  return kind === 'bridged' || kind === 'none';
}

/** The network by which the container's packets go out, and to whose address its published ports lead. */
export function gatewayOfContainer(container: Container): Joined | null {
  return gatewayWith(container, container.record.endpoints);
}

/** The same for endpoints that it is going to have. */
export function gatewayWith(container: Container, endpoints: Endpoints): Joined | null {
  const attachments = attachmentsOf(container);
  return gatewayOf(endpoints, container.host.networks, (name) => attachments[name]?.gatewayPriority ?? 0);
}

/** The endpoints that a start gives the container: those of `before` where nobody has their address now. Throws notFound, exhausted. */
export function chooseEndpoints(container: Container, before: Endpoints): Endpoints {
  if (!hasOwnNetwork(container)) return noEndpoints;
  try {
    return Object.fromEntries(
      Object.entries(attachmentsOf(container)).flatMap(([name, attachment]) => {
        const network = findNetwork(container.host.networks, name);
        const earlier = endpointIn(before, name);
        return network.bridge === null ? [] : [[name, chooseEndpoint(container, network, attachment, earlier)]];
      }),
    );
  } catch (error) {
    throw at('failed to set up container networking', error);
  }
}

/** The container's endpoint in a network that has a bridge: `before` where nobody has its address now. Throws exhausted. */
export function chooseEndpoint(
  container: Container,
  { name, bridge }: Network,
  { ipam, macAddress }: Attachment,
  before: Endpoint | null,
): Endpoint {
  if (!bridge) throw new Error(`network ${name} has no bridge`);
  const taken = new Set([...addressesIn(container.host, name, container), ...keptIn(container.host, name, container)]);
  if (before !== null && !addressesOf(before).some((address) => taken.has(address))) return before;
  return allocateEndpoint(bridge, taken, {
    ipAddress: ipam?.IPv4Address ?? null,
    ip6Address: ipam?.IPv6Address === undefined ? null : canonical(ipam.IPv6Address),
    macAddress,
    linkLocal: ipam?.LinkLocalIPs ?? [],
  });
}

/** The addresses that the host's containers have in a network. */
export function addressesIn(host: ContainerHost, network: string, butFor: Container): string[] {
  const addresses: string[] = [];
  for (const container of host.containers.values()) {
    const endpoint = endpointIn(container.record.endpoints, network);
    if (container !== butFor && endpoint) addresses.push(...addressesOf(endpoint));
  }
  return addresses;
}

/** The addresses in a network that containers get back when their restart policy starts them. */
function keptIn(host: ContainerHost, network: string, butFor: Container): string[] {
  return [...host.containers.values()].flatMap((container) => {
    const endpoint = container === butFor ? null : endpointIn(container.keptEndpoints, network);
    return endpoint ? addressesOf(endpoint) : [];
  });
}

/** Links the network namespace of `machinePid`, the container's process, to the networks in its record. */
export function connectEndpoints(container: Container, machinePid: number): void {
  const { host, record } = container;
  const gateway = gatewayOfContainer(container);
  for (const [place, [name, endpoint]] of inOrder(record.endpoints).entries()) {
    const network = findNetwork(host.networks, name);
    const routes = gateway?.endpoint === endpoint ? gatewaysBy(gateway) : [];
    linkTo(container, network, machinePid, endpoint, { link: `eth${place}`, routes });
  }
  if (hasOwnNetwork(container) && !hasEndpoints(record.endpoints)) raiseLoopback(machinePid);
}

/** Links the container to one network, and lets the others there find its address. */
export function linkTo(
  container: Container,
  { name, bridge, record }: Network,
  machinePid: number,
  endpoint: Endpoint,
  link: Omit<LinkPlan, 'known'>,
): void {
  const { host } = container;
  if (!bridge) return;
  // In the default network every address is one of the lowest.
  const known = record === null ? [] : addressesIn(host, name, container);
  connectToBridge(host.record.pid, machinePid, bridge, endpoint, { ...link, known });
  if (record === null) return;
  letReach(host.record.pid, bridge, endpoint);
  for (const other of host.containers.values()) {
    if (other !== container && other.running && endpointIn(other.record.endpoints, name))
      letReach(other.state.machinePid, bridge, endpoint);
  }
}
