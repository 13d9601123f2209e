// The rules of a host's network namespace for IPv6, where one of its networks has it: published ports, networks kept apart, and what
// containers may say of who is on their link. No packet of IPv6 leaves the host: it has no other link with IPv6 than its bridges.

import { addressBytes } from '../kernel/ip-address.ts';
import type { Subnet } from '../kernel/netlink.ts';
import { otherNeighbours } from '../limits.ts';
import type { AddressPool } from './endpoint.ts';
import { reachable } from './reachable.ts';
import { subnetInWords } from './subnet.ts';

/** The maps of published ports, as `portMaps` of IPv4. */
const maps = { atAll: 'published', atOne: 'published_at' } as const;
/** A map's element: the port's place, and where it leads. */
export interface Place {
  readonly protocol: string;
  /** `::` for all addresses of the host. */
  readonly hostIp: string;
  readonly hostPort: number;
}

/** The map that has the port, and its key there, in nft's syntax. */
export function placeOfIpv6({ protocol, hostIp, hostPort }: Place): string {
  return hostIp === '::'
    ? `ip6 drydock ${maps.atAll} { ${protocol} . ${hostPort}`
    : `ip6 drydock ${maps.atOne} { ${protocol} . ${hostIp} . ${hostPort}`;
}

/** Takes away all of `ipv6Rules`. Idempotent. */
export const noIpv6Rules = `
add table ip6 drydock
delete table ip6 drydock
add table bridge drydock
delete table bridge drydock
`;

/** What is sent to `::1` is led before it is a packet (`kernel/ipv6-ports.ts`). */
const toPublished = ['prerouting', 'output ip6 daddr != ::1']
  .flatMap((where) => [
    `add rule ip6 drydock ${where} meta l4proto { tcp, udp } dnat ip6 to meta l4proto . ip6 daddr . th dport map @${maps.atOne}`,
    `add rule ip6 drydock ${where} fib daddr type local meta l4proto { tcp, udp } dnat ip6 to meta l4proto . th dport map @${maps.atAll}`,
  ])
  .join('\n');

/**
 * `nd`: who sends a router's messages here is no router; and a neighbour that asks for an address is remembered by whoever has it, in a
 * table that all hosts share (H07), so it must be one that may be there.
 */
const base = `
add table ip6 drydock
add map ip6 drydock ${maps.atAll} { type inet_proto . inet_service : ipv6_addr . inet_service; }
add map ip6 drydock ${maps.atOne} { type inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service; }
add chain ip6 drydock prerouting { type nat hook prerouting priority dstnat; }
add chain ip6 drydock output { type nat hook output priority -100; }
add chain ip6 drydock postrouting { type nat hook postrouting priority srcnat; }
add chain ip6 drydock forward { type filter hook forward priority filter; policy drop; }
flush chain ip6 drydock prerouting
flush chain ip6 drydock output
flush chain ip6 drydock postrouting
flush chain ip6 drydock forward
${toPublished}
add rule ip6 drydock forward ct state established,related accept
add rule ip6 drydock forward ct status dnat accept
add table bridge drydock
add chain bridge drydock nd { type filter hook prerouting priority filter; }
flush chain bridge drydock nd
add rule bridge drydock nd icmpv6 type { nd-router-solicit, nd-router-advert, nd-redirect } drop
`;

/** A network's pool of IPv6, and its bridge. */
export interface Linked {
  readonly link: string;
  readonly pool: AddressPool;
}

const hex = (bytes: Buffer): string => `0x${bytes.toString('hex')}`;

/** That the address which a neighbour asks for (bytes 8 to 23 of its message) is of the subnet. */
function targetIn({ ip, prefixLength }: Subnet): string {
  const mask = Buffer.from(
    Array.from({ length: 16 }, (_, place) => 0xff00 >> Math.min(8, Math.max(0, prefixLength - 8 * place))),
  );
  return `@th,64,128 & ${hex(mask)} == ${hex(addressBytes(ip))}`;
}

/** Where the machine has br_netfilter, what is bridged is forwarded too, from the bridge to the bridge. */
function rulesOf({ link, pool }: Linked): string {
  const subnet = subnetInWords(pool.subnet);
  const ask = (of: string): string =>
    `add rule bridge drydock nd icmpv6 type nd-neighbor-solicit ip6 saddr ${of} ${targetIn(pool.subnet)}`;
  const { perSecond, atOnce } = otherNeighbours;
  return `
add rule ip6 drydock forward iifname "${link}" oifname "${link}" accept
add rule ip6 drydock postrouting ip6 saddr ${subnet} ip6 daddr ${subnet} ct status dnat masquerade
${ask(`{ ${reachable(pool, []).map(subnetInWords).join(', ')} }`)} accept
${ask(subnet)} limit rate ${perSecond}/second burst ${atOnce} packets accept
`;
}

/** A script for nft(8) for a host that has these networks with IPv6. Idempotent; published ports stay. */
export function ipv6Rules(networks: readonly Linked[]): string {
  return `${base}${networks.map(rulesOf).join('')}add rule bridge drydock nd icmpv6 type nd-neighbor-solicit ip6 saddr != :: drop\n`;
}
