// Ranges of addresses: what `172.18.0.0/16` and `fd00:1::/64` mean, what lies in them, and which of Docker's pools are free.

import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { addressNumber, addressOfNumber, bitsOf, canonical, isOfIpv6, isPlainIpv6 } from '../kernel/ip-address.ts';
import type { Subnet } from '../kernel/netlink.ts';

/** The bits that tell a subnet's addresses apart. */
const freeBits = ({ ip, prefixLength }: Subnet): bigint => BigInt(bitsOf(ip) - prefixLength);
const sizeOf = (subnet: Subnet): bigint => 1n << freeBits(subnet);
const startOf = (subnet: Subnet): bigint => (addressNumber(subnet.ip) >> freeBits(subnet)) << freeBits(subnet);

/** `10.1.2.3/24` is 10.1.2.0 with a prefix of 24; null where it is no range of addresses. */
export function parseSubnet(text: string): Subnet | null {
  const [ip = '', length = '', ...more] = text.split('/');
  const isAddress = isIPv4(ip) || isPlainIpv6(ip);
  if (more.length > 0 || !isAddress || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > bitsOf(ip)) return null;
  const given = { ip, prefixLength: Number(length) };
  return { ...given, ip: addressOfNumber(startOf(given), bitsOf(ip)) };
}

/** `172.17.0.0/16`, as Docker writes it. */
export function subnetInWords({ ip, prefixLength }: Subnet): string {
  return `${ip}/${prefixLength}`;
}

export function contains(subnet: Subnet, address: string): boolean {
  if (isOfIpv6(subnet.ip) !== isOfIpv6(address)) return false;
  const [number, start] = [addressNumber(address), startOf(subnet)];
  return number >= start && number < start + sizeOf(subnet);
}

/** Whether all of `inner` lies in `outer`. */
export function covers(outer: Subnet, inner: Subnet): boolean {
  return inner.prefixLength >= outer.prefixLength && contains(outer, inner.ip);
}

/** Two ranges of addresses have one in common where one of them covers the other. */
export function overlap(a: Subnet, b: Subnet): boolean {
  return covers(a, b) || covers(b, a);
}

/** Null in IPv6, which has none. */
export function broadcastOf(subnet: Subnet): string | null {
  return isOfIpv6(subnet.ip) ? null : addressOfNumber(startOf(subnet) + sizeOf(subnet) - 1n, 32);
}

/** Whether a machine may have that address of the subnet: neither its first one, which stands for all of it, nor its broadcast. */
export function isForHosts(subnet: Subnet, address: string): boolean {
  return addressNumber(address) !== startOf(subnet) && address !== broadcastOf(subnet);
}

/** The addresses of `range` that a machine in `subnet` may have, the lowest first. */
export function* hostAddresses(range: Subnet, subnet: Subnet): Generator<string> {
  const bits = bitsOf(subnet.ip);
  const first = startOf(subnet);
  const last = first + sizeOf(subnet) - (bits === 32 ? 1n : 0n);
  const end = startOf(range) + sizeOf(range);
  for (let number = startOf(range); number < end && number < last; number++) {
    if (number > first) yield addressOfNumber(number, bits);
  }
}

/** Where the engine takes subnets from: of `each` bits, from all of it. */
export type SubnetPool = Subnet & { readonly each: number };

/** Docker's default pools (moby `libnetwork/ipamutils`): a network that asks for no subnet has the first free one of this size. */
export const ipv4Pools: readonly SubnetPool[] = [
  { ip: '172.17.0.0', prefixLength: 16, each: 16 },
  { ip: '172.18.0.0', prefixLength: 16, each: 16 },
  { ip: '172.19.0.0', prefixLength: 16, each: 16 },
  { ip: '172.20.0.0', prefixLength: 14, each: 16 },
  { ip: '172.24.0.0', prefixLength: 14, each: 16 },
  { ip: '172.28.0.0', prefixLength: 14, each: 16 },
  { ip: '192.168.0.0', prefixLength: 16, each: 20 },
];

/** As Docker: subnets of 64 bits from a prefix of the host's own, a unique local address (RFC 4193) made of its ID. */
export function ipv6Pools(hostId: string): readonly SubnetPool[] {
  const own = createHash('sha256').update(`${hostId} ipv6`).digest('hex');
  const ip = canonical(`fd${own.slice(0, 2)}:${own.slice(2, 6)}:${own.slice(6, 10)}::`);
  return [{ ip, prefixLength: 48, each: 64 }];
}

/** The first subnet of the pools that overlaps none of `taken`; null where there is none. */
export function freeSubnet(taken: readonly Subnet[], pools: readonly SubnetPool[]): Subnet | null {
  for (const { each, ...pool } of pools) {
    const bits = bitsOf(pool.ip);
    const end = startOf(pool) + sizeOf(pool);
    for (let start = startOf(pool); start < end; start += 1n << BigInt(bits - each)) {
      const subnet = { ip: addressOfNumber(start, bits), prefixLength: each };
      if (!taken.some((other) => overlap(other, subnet))) return subnet;
    }
  }
  return null;
}
