// A container's place in a network: an address there, and the end of a link that leads to it.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import type { Subnet } from '../kernel/netlink.ts';
import type { Shape } from '../store/record-kind.ts';
import { broadcastOf, hostAddresses } from './subnet.ts';

export interface Endpoint {
  /** 64 hex digits. */
  readonly endpointId: string;
  readonly ipAddress: string;
  readonly macAddress: string;
  /** Further addresses of its link, of 169.254.0.0/16. */
  readonly linkLocal: readonly string[];
}

/** A container's endpoints by the name of the network. Empty if it does not run, or has no network of its own. */
export type Endpoints = Readonly<Record<string, Endpoint>>;

export const noEndpoints: Endpoints = {};

/** The endpoints in records. */
export const endpointsSchema = z.record(
  z.string(),
  z.object({
    endpointId: z.string(),
    ipAddress: z.string(),
    macAddress: z.string(),
    linkLocal: z.array(z.string()).default([]), // engines before stored none
  } satisfies Shape<Endpoint>),
);

/** Earlier engines stored null, or one endpoint in the default bridge network. Endpoints in today's form stay as they are. */
export function storedEndpoints(stored: Readonly<Record<string, unknown>>): unknown {
  return stored.endpoints ?? (stored.endpoint ? { bridge: stored.endpoint } : noEndpoints);
}

/** Null if there is none in that network. */
export function endpointIn(endpoints: Endpoints, network: string): Endpoint | null {
  return Object.hasOwn(endpoints, network) ? (endpoints[network] ?? null) : null;
}

export function hasEndpoints(endpoints: Endpoints): boolean {
  return Object.keys(endpoints).length > 0;
}

/** In the order of the links that a start makes, `eth0` first: the default network's, then by the name of the network. */
export function inOrder(endpoints: Endpoints): [network: string, endpoint: Endpoint][] {
  const place = (name: string): string => (name === 'bridge' ? `0${name}` : `1${name}`);
  return Object.entries(endpoints).sort(([a], [b]) => (place(a) < place(b) ? -1 : 1));
}

/** The same addresses for another run: the link of the last one may still be there, so this one has another name. */
export function renewed(endpoints: Endpoints): Endpoints {
  return Object.fromEntries(
    Object.entries(endpoints).map(([network, endpoint]) => [
      network,
      { ...endpoint, endpointId: randomBytes(32).toString('hex') },
    ]),
  );
}

/** The name of an endpoint's link in its host. */
export function linkOf({ endpointId }: Endpoint): string {
  return `veth${endpointId.slice(0, 7)}`;
}

/** Docker's MAC address for an IPv4 address: `02:42` and the four bytes. */
export function macAddressFor(ipAddress: string): string {
  return ['02', '42', ...ipAddress.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');
}

/** A network's addresses; a bridge has them. */
export interface Addresses {
  readonly network: string;
  readonly subnet: Subnet;
  readonly gateway: string;
  /** Where the engine gives addresses from. */
  readonly range: Subnet;
  /** What it does not give. */
  readonly reserved: readonly string[];
}

/** What is asked of an endpoint; null for what the engine is to choose. */
export interface EndpointWish {
  readonly ipAddress: string | null;
  readonly macAddress: string | null;
  readonly linkLocal: readonly string[];
}

export const noWish: EndpointWish = { ipAddress: null, macAddress: null, linkLocal: [] };

/**
 * An endpoint with the address that is asked for, else with the lowest one of the bridge's range that is not in `taken`, as Docker's
 * own allocator gives them. Throws forbidden where it is taken, exhausted where all are.
 */
export function allocateEndpoint(bridge: Addresses, taken: ReadonlySet<string>, wish: EndpointWish): Endpoint {
  const ipAddress = wish.ipAddress ?? lowestFree(bridge, taken);
  const nobodys = [bridge.gateway, bridge.subnet.ip, broadcastOf(bridge.subnet)];
  if (taken.has(ipAddress) || nobodys.includes(ipAddress)) throw new EngineError('forbidden', 'Address already in use');
  return {
    endpointId: randomBytes(32).toString('hex'),
    ipAddress,
    macAddress: wish.macAddress?.toLowerCase() ?? macAddressFor(ipAddress),
    linkLocal: wish.linkLocal,
  };
}

function lowestFree({ network, range, subnet, gateway, reserved }: Addresses, taken: ReadonlySet<string>): string {
  for (const address of hostAddresses(range, subnet))
    if (address !== gateway && !taken.has(address) && !reserved.includes(address)) return address;
  throw new EngineError('exhausted', `no available IPv4 addresses on this network’s address pools: ${network}`);
}
