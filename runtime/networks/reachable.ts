// Which addresses of a network are looked for on its link.

import { bitsOf } from '../kernel/ip-address.ts';
import type { Subnet } from '../kernel/netlink.ts';
import { neighbourPrefixLength } from '../limits.ts';
import type { AddressPool } from './endpoint.ts';
import { contains } from './subnet.ts';

/** The lowest addresses of a range, as many as IPv4 has there. */
function lowestOf({ range }: AddressPool): Subnet {
  const prefixLength = bitsOf(range.ip) - 32 + neighbourPrefixLength;
  return { ...range, prefixLength: Math.max(range.prefixLength, prefixLength) };
}

/**
 * The addresses of a network that are resolved. A program that sends to all 65,534 addresses (or 2^64) would fill the machine's table
 * of neighbours, in memory that no cgroup is charged for. Containers have the lowest addresses of the range, so only those are
 * resolved, with the gateway and the addresses in `known`, which were asked for.
 */
export function reachable(pool: AddressPool, known: readonly string[]): Subnet[] {
  const lowest = lowestOf(pool);
  const asked = known.filter((address) => contains(pool.subnet, address));
  const others = new Set([pool.gateway, ...asked].filter((address) => !contains(lowest, address)));
  return [lowest, ...[...others].map((ip) => ({ ip, prefixLength: bitsOf(ip) }))];
}
