// A container's place in a network: an address there, and the end of a link that leads to it.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import type { Subnet } from '../kernel/netlink.ts';
import type { Shape } from '../store/record-kind.ts';

export interface Endpoint {
  /** 64 hex digits. */
  readonly endpointId: string;
  readonly ipAddress: string;
  readonly macAddress: string;
}

/** A container's endpoints by the name of the network. Empty where it does not run, and where it has no network of its own. */
export type Endpoints = Readonly<Record<string, Endpoint>>;

export const noEndpoints: Endpoints = {};

/** As records hold them. */
export const endpointsSchema = z.record(
  z.string(),
  z.object({ endpointId: z.string(), ipAddress: z.string(), macAddress: z.string() } satisfies Shape<Endpoint>),
);

/** Engines before stored one endpoint, in the default bridge network, or null. What is stored as today stays. */
export function storedEndpoints(stored: Readonly<Record<string, unknown>>): unknown {
  return stored.endpoints ?? (stored.endpoint ? { bridge: stored.endpoint } : noEndpoints);
}

/** Null where there is none in that network. */
export function endpointIn(endpoints: Endpoints, network: string): Endpoint | null {
  return Object.hasOwn(endpoints, network) ? (endpoints[network] ?? null) : null;
}

export function hasEndpoints(endpoints: Endpoints): boolean {
  return Object.keys(endpoints).length > 0;
}

/**
 * In the order of the links, `eth0` first: by the name of the network. The first has the default route, and published ports lead
 * to it.
 */
export function inOrder(endpoints: Endpoints): [network: string, endpoint: Endpoint][] {
  return Object.entries(endpoints).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The address that published ports lead to; null where the container has none. */
export function mainAddress(endpoints: Endpoints): string | null {
  return inOrder(endpoints)[0]?.[1].ipAddress ?? null;
}

/** As Docker makes it of an IPv4 address: `02:42` and its four bytes. */
export function macAddressFor(ipAddress: string): string {
  return ['02', '42', ...ipAddress.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');
}

/**
 * An endpoint with the lowest address of the bridge's subnet that is not in `taken`, as Docker's own allocator gives them.
 * Throws exhausted.
 */
export function allocateEndpoint(
  { network, subnet, gateway }: { readonly network: string; readonly subnet: Subnet; readonly gateway: string },
  taken: ReadonlySet<string>,
  macAddress: string | null,
): Endpoint {
  const first = numberOf(subnet.ip);
  const broadcast = first + 2 ** (32 - subnet.prefixLength) - 1;
  for (let number = first + 1; number < broadcast; number++) {
    const ipAddress = addressOf(number);
    if (ipAddress === gateway || taken.has(ipAddress)) continue;
    return {
      endpointId: randomBytes(32).toString('hex'),
      ipAddress,
      macAddress: macAddress ?? macAddressFor(ipAddress),
    };
  }
  throw new EngineError('exhausted', `no available IPv4 addresses on this network’s address pools: ${network}`);
}

const numberOf = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
const addressOf = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
