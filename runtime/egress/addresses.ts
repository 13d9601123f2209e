// Which addresses students’ traffic may go to: those of the public internet (IANA's special-purpose registries name the others), and
// none of the machine's own.

import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Ranges of IPv4 that are not the public internet. */
export const specialRanges: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
const special = new BlockList();
for (const [network, prefix] of specialRanges) special.addSubnet(network, prefix, 'ipv4');

/** Global unicast, but for what leads to IPv4 addresses by another name, documentation and benchmarks. */
const globalIpv6 = new BlockList();
globalIpv6.addSubnet('2000::', 3, 'ipv6');
const specialIpv6 = new BlockList();
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  specialIpv6.addSubnet(network, prefix, 'ipv6');

/** The addresses of this thread's network namespace. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
}

/** Whether `address` is one of the public internet, and not of this machine, as the thread's network namespace has it. */
export function isPublic(address: string): boolean {
  if (
    isIPv4(address) ? special.check(address) : !globalIpv6.check(address, 'ipv6') || specialIpv6.check(address, 'ipv6')
  )
    return false;
  return !ownAddresses().includes(address);
}
