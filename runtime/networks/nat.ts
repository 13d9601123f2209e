// Address translation in a host's network namespace: the rules that lead published ports to containers, and those of each bridge.

import { type Bridge, subnetInWords } from './bridge.ts';

/** Where published ports stand: those at every address of the host, and those at one. */
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
flush chain ip drydock prerouting
flush chain ip drydock output
flush chain ip drydock postrouting
${toPublished}
`;

/** The link by which a host reaches the other hosts of its lab (`hosts/link.ts`), where it has one. */
export const uplink = 'eth0';

/** What goes out of the bridge's subnet gets an address of its host: it has to find its way back. */
function rulesOf(bridge: Bridge): string {
  const subnet = subnetInWords(bridge);
  return `
add rule ip drydock postrouting ip saddr 127.0.0.0/8 oifname ${bridge.link} masquerade
add rule ip drydock postrouting ip saddr ${subnet} oifname ${uplink} masquerade
add rule ip drydock postrouting ip saddr ${subnet} ip daddr ${subnet} ct status dnat masquerade
`;
}

/** A script for nft(8) with the rules of a host that has these bridges. Applied again, they are the same; published ports stay. */
export function natRules(bridges: readonly Bridge[]): string {
  return base + bridges.map(rulesOf).join('');
}
