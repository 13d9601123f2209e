// Ranges of IPv4 addresses: what `172.18.0.0/16` means, what lies in it, and which of Docker's pools are free.

import { isIPv4 } from 'node:net';
import type { Subnet } from '../kernel/netlink.ts';

const numberOf = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
const addressOf = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');

const sizeOf = ({ prefixLength }: Subnet): number => 2 ** (32 - prefixLength);
const startOf = (subnet: Subnet): number => Math.floor(numberOf(subnet.ip) / sizeOf(subnet)) * sizeOf(subnet);

/** `10.1.2.3/24` is 10.1.2.0 with a prefix of 24; null where it is no IPv4 range. */
export function parseSubnet(text: string): Subnet | null {
  const [ip = '', length = '', ...more] = text.split('/');
  if (more.length > 0 || !isIPv4(ip) || !/^(\d|[12]\d|3[0-2])$/.test(length)) return null;
  const given = { ip, prefixLength: Number(length) };
  return { ...given, ip: addressOf(startOf(given)) };
}

/** `172.17.0.0/16`, as Docker writes it. */
export function subnetInWords({ ip, prefixLength }: Subnet): string {
  return `${ip}/${prefixLength}`;
}

export function contains(subnet: Subnet, address: string): boolean {
  const number = numberOf(address);
  return number >= startOf(subnet) && number < startOf(subnet) + sizeOf(subnet);
}

/** Whether all of `inner` lies in `outer`. */
export function covers(outer: Subnet, inner: Subnet): boolean {
  return inner.prefixLength >= outer.prefixLength && contains(outer, inner.ip);
}

/** Two ranges of addresses have one in common where one of them covers the other. */
export function overlap(a: Subnet, b: Subnet): boolean {
  return covers(a, b) || covers(b, a);
}

export function broadcastOf(subnet: Subnet): string {
  return addressOf(startOf(subnet) + sizeOf(subnet) - 1);
}

/** The addresses of `range` that a machine in `subnet` may have, the lowest first: not the subnet's own and its broadcast. */
export function* hostAddresses(range: Subnet, subnet: Subnet): Generator<string> {
  const first = startOf(subnet);
  const last = first + sizeOf(subnet) - 1;
  const end = startOf(range) + sizeOf(range);
  for (let number = startOf(range); number < end; number++) {
    if (number > first && number < last) yield addressOf(number);
  }
}

/** Docker's default pools (moby `libnetwork/ipamutils`): a network that asks for no subnet has the first free one of this size. */
const pools: readonly (Subnet & { readonly each: number })[] = [
  { ip: '172.17.0.0', prefixLength: 16, each: 16 },
  { ip: '172.18.0.0', prefixLength: 16, each: 16 },
  { ip: '172.19.0.0', prefixLength: 16, each: 16 },
  { ip: '172.20.0.0', prefixLength: 14, each: 16 },
  { ip: '172.24.0.0', prefixLength: 14, each: 16 },
  { ip: '172.28.0.0', prefixLength: 14, each: 16 },
  { ip: '192.168.0.0', prefixLength: 16, each: 20 },
];

/** The first subnet of Docker's pools that overlaps none of `taken`; null where there is none. */
export function freeSubnet(taken: readonly Subnet[]): Subnet | null {
  for (const { each, ...pool } of pools) {
    for (let start = startOf(pool); start < startOf(pool) + sizeOf(pool); start += 2 ** (32 - each)) {
      const subnet = { ip: addressOf(start), prefixLength: each };
      if (!taken.some((other) => overlap(other, subnet))) return subnet;
    }
  }
  return null;
}
