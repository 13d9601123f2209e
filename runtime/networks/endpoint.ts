// A container's place in a network: an address there, and the end of a link that leads to it.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { isOfIpv6 } from '../kernel/ip-address.ts';
import type { Subnet } from '../kernel/netlink.ts';
import type { Shape } from '../store/record-kind.ts';
import { hostAddresses, isForHosts } from './subnet.ts';

export interface Endpoint {
  /** 64 hex digits. */
  readonly endpointId: string;
  readonly ipAddress: string;
  /** Null in a network without IPv6. */
  readonly ip6Address: string | null;
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
    ip6Address: z.string().nullable().default(null), // engines before had no IPv6
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

/** Of both families. */
export function addressesOf({ ipAddress, ip6Address }: Endpoint): string[] {
  return ip6Address === null ? [ipAddress] : [ipAddress, ip6Address];
}

/** Docker's MAC address for an IPv4 address: `02:42` and the four bytes. */
export function macAddressFor(ipAddress: string): string {
  return ['02', '42', ...ipAddress.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');
}

/** A network's addresses of one family. */
export interface AddressPool {
  readonly subnet: Subnet;
  readonly gateway: string;
  /** Where the engine gives addresses from. */
  readonly range: Subnet;
  /** What it does not give. */
  readonly reserved: readonly string[];
}

/** A network's addresses of IPv4, and of IPv6 where it has them; a bridge has them. */
export interface Addresses extends AddressPool {
  readonly network: string;
  readonly ipv6: AddressPool | null;
}

/** That of IPv4 first. */
export function poolsOf(addresses: Addresses): AddressPool[] {
  return addresses.ipv6 === null ? [addresses] : [addresses, addresses.ipv6];
}

/** What is asked of an endpoint; null for what the engine is to choose. */
export interface EndpointWish {
  readonly ipAddress: string | null;
  /** Of no account in a network without IPv6, as in Docker. */
  readonly ip6Address: string | null;
  readonly macAddress: string | null;
  readonly linkLocal: readonly string[];
}

export const noWish: EndpointWish = { ipAddress: null, ip6Address: null, macAddress: null, linkLocal: [] };

/**
 * An endpoint with the addresses that are asked for, else with the lowest ones of the bridge's ranges that are not in `taken`, as
 * Docker's own allocator gives them. Throws forbidden where one is taken, exhausted where all are.
 */
export function allocateEndpoint(bridge: Addresses, taken: ReadonlySet<string>, wish: EndpointWish): Endpoint {
  const ipAddress = addressFrom(bridge, bridge.network, taken, wish.ipAddress);
  return {
    endpointId: randomBytes(32).toString('hex'),
    ipAddress,
    ip6Address: bridge.ipv6 && addressFrom(bridge.ipv6, bridge.network, taken, wish.ip6Address),
    macAddress: wish.macAddress?.toLowerCase() ?? macAddressFor(ipAddress),
    linkLocal: wish.linkLocal,
  };
}

function addressFrom(pool: AddressPool, network: string, taken: ReadonlySet<string>, wish: string | null): string {
  const address = wish ?? lowestFree(pool, network, taken);
  if (taken.has(address) || address === pool.gateway || !isForHosts(pool.subnet, address))
    throw new EngineError('forbidden', 'Address already in use');
  return address;
}

function lowestFree(
  { range, subnet, gateway, reserved }: AddressPool,
  network: string,
  taken: ReadonlySet<string>,
): string {
  for (const address of hostAddresses(range, subnet))
    if (address !== gateway && !taken.has(address) && !reserved.includes(address)) return address;
  const family = isOfIpv6(gateway) ? 'IPv6' : 'IPv4';
  throw new EngineError('exhausted', `no available ${family} addresses on this network’s address pools: ${network}`);
}
