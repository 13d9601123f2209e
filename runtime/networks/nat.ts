// The rules of a host's network namespace: those that lead published ports to containers, and those of each bridge, which keep its
// network apart from the others.

import type { Bridge } from './bridge.ts';
import { ipv6Rules } from './nat6.ts';
import { subnetInWords } from './subnet.ts';

/** The maps of published ports: those at every address of the host, and those at one address. */
export const portMaps = { atAll: 'published', atOne: 'published_at' } as const;

const hooks = ['prerouting', 'output'];
const toPublished = hooks
  .flatMap((chain) => [
    `add rule ip drydock ${chain} meta l4proto { tcp, udp } dnat ip to meta l4proto . ip daddr . th dport map @${portMaps.atOne}`,
    `add rule ip drydock ${chain} fib daddr type local meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @${portMaps.atAll}`,
  ])
  .join('\n');

const base = `
add table ip drydock
add map ip drydock ${portMaps.atAll} { type inet_proto . inet_service : ipv4_addr . inet_service; }
add map ip drydock ${portMaps.atOne} { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }
add chain ip drydock prerouting { type nat hook prerouting priority dstnat; }
add chain ip drydock output { type nat hook output priority -100; }
add chain ip drydock postrouting { type nat hook postrouting priority srcnat; }
add chain ip drydock forward { type filter hook forward priority filter; }
flush chain ip drydock prerouting
flush chain ip drydock output
flush chain ip drydock postrouting
flush chain ip drydock forward
${toPublished}
add rule ip drydock forward ct state established,related accept
add rule ip drydock forward ct status dnat accept
`;

/** The link by which a host reaches the other hosts of its lab (`hosts/link.ts`), and that to the internet (`egress/uplink.ts`). */
export const uplink = 'eth0';
export const outLink = 'eth1';

/**
 * Packets that leave the bridge's subnet get an address of the host, so that answers find their way back. What enters the subnet from
 * elsewhere must be an answer, or come by a published port. The workspace itself reaches its containers: that is no forwarding.
 */
function rulesOf(bridge: Bridge): string {
  const subnet = subnetInWords(bridge.subnet);
  const { link, internal, masquerade } = bridge;
  return `
add rule ip drydock postrouting ip saddr 127.0.0.0/8 oifname "${link}" masquerade
${internal || !masquerade ? '' : [uplink, outLink].map((out) => `add rule ip drydock postrouting ip saddr ${subnet} oifname "${out}" masquerade`).join('\n')}
add rule ip drydock postrouting ip saddr ${subnet} ip daddr ${subnet} ct status dnat masquerade
add rule ip drydock forward iifname != "${link}" oifname "${link}" drop
${internal ? `add rule ip drydock forward iifname "${link}" oifname != "${link}" drop` : ''}
`;
}

/** A script for nft(8) with the rules of a host that has these bridges. Idempotent; published ports stay. */
export function natRules(bridges: readonly Bridge[]): string {
  const withIpv6 = bridges.flatMap(({ link, ipv6 }) => (ipv6 ? [{ link, pool: ipv6 }] : []));
  return base + bridges.map(rulesOf).join('') + (withIpv6.length > 0 ? ipv6Rules(withIpv6) : '');
}
