// The addresses that a new network is to have: what `IPAM.Config` of the request asks for, else what is free.

import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { canonical, isOfIpv6, isPlainIpv6 } from '../../kernel/ip-address.ts';
import type { Subnet } from '../../kernel/netlink.ts';
import { maxNetworkOptions } from '../../limits.ts';
import { hubSubnet } from '../../networks/hub-address.ts';
import type { AskedRange, StoredPool } from '../../networks/network-record.ts';
import {
  contains,
  covers,
  freeSubnet,
  hostAddresses,
  isForHosts,
  overlap,
  parseSubnet,
  type SubnetPool,
  subnetInWords,
} from '../../networks/subnet.ts';
import { mapOf } from '../bounded.ts';
import { goObject } from '../go-object.ts';
import { text } from '../host-config/row.ts';

export const rangeSchema = goObject({
  Subnet: text,
  IPRange: text,
  Gateway: text,
  AuxiliaryAddresses: mapOf(z.string().max(4096), maxNetworkOptions).nullish(),
});

export type Range = z.infer<typeof rangeSchema>;

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

/** The host's own address and a container's are two at least, beside those that nobody may have. */
const prefixes = { ipv4: { shortest: 8, longest: 30 }, ipv6: { shortest: 8, longest: 126 } } as const;
/** Global addresses, and unique local ones. Those of links and groups have a meaning of their own. */
const ranges = ['2000::/3', 'fc00::/7'].flatMap((range) => parseSubnet(range) ?? []);

/** What Docker finds wrong with a subnet, in its words. */
function faultOfSubnet({ Subnet: given }: Range): string | null {
  const said = (given ?? '').slice(0, 64);
  const subnet = parseSubnet(given ?? '');
  if (!subnet) return `invalid subnet ${said}: invalid CIDR block notation`;
  const [ip = ''] = said.split('/');
  // Docker takes an address of IPv6 however it is written.
  if (canonical(ip) !== subnet.ip) return `invalid subnet ${said}: it should be ${subnetInWords(subnet)}`;
  const { shortest, longest } = isOfIpv6(subnet.ip) ? prefixes.ipv6 : prefixes.ipv4;
  if (subnet.prefixLength > longest || subnet.prefixLength < shortest)
    return `invalid subnet ${said}: its prefix has ${shortest} to ${longest} bits in this engine`;
  if (isOfIpv6(subnet.ip) && !ranges.some((range) => covers(range, subnet)))
    return `invalid subnet ${said}: it is part of 2000::/3 or fc00::/7 in this engine`;
  return null;
}

/** What is wrong with the range's other addresses. */
function faultsIn(given: Range, subnet: Subnet): string[] {
  const family = isOfIpv6(subnet.ip) ? 'IPv6' : 'IPv4';
  const isOfFamily = (address: string): boolean => isOfIpv6(address) === isOfIpv6(subnet.ip);
  const faults: string[] = [];
  const { IPRange, Gateway, AuxiliaryAddresses } = given;
  const ipRange = parseSubnet(IPRange ?? '');
  const saidRange = (IPRange ?? '').slice(0, 64);
  if (IPRange && !ipRange) faults.push(`invalid ip-range ${saidRange}: invalid CIDR block notation`);
  else if (ipRange && !isOfFamily(ipRange.ip))
    faults.push(`invalid ip-range ${saidRange}: parent subnet is an ${family} block`);
  else if (ipRange && !covers(subnet, ipRange))
    faults.push(`invalid ip-range ${saidRange}: parent subnet ${given.Subnet} doesn't contain ip-range`);
  const addresses = [
    ...(Gateway ? [[`gateway ${Gateway.slice(0, 64)}`, Gateway] as const] : []),
    ...Object.entries(AuxiliaryAddresses ?? {}).map(
      ([name, address]) => [`auxiliary address ${name.slice(0, 64)}`, address] as const,
    ),
  ];
  for (const [what, address] of addresses) {
    if (!isIPv4(address) && !isPlainIpv6(address)) faults.push(`invalid ${what}: invalid address`);
    else if (!isOfFamily(address)) faults.push(`invalid ${what}: parent subnet is an ${family} block`);
    else if (!contains(subnet, address))
      faults.push(`invalid ${what}: parent subnet ${given.Subnet} doesn't contain this address`);
  }
  return faults;
}

/** The family that the range is of; 4 where it is of none. */
export function familyOf({ Subnet: given }: Range): 4 | 6 {
  return isIP((given ?? '').split('/')[0] ?? '') === 6 ? 6 : 4;
}

/** Throws invalid with all that is wrong with the ranges. */
export function checkRanges(given: readonly Range[]): void {
  const faults = given.flatMap((range) => {
    const fault = faultOfSubnet(range);
    const subnet = parseSubnet(range.Subnet ?? '');
    return fault !== null || !subnet ? [fault ?? ''] : faultsIn(range, subnet);
  });
  if (faults.length === 0) return;
  const list = faults.length === 1 ? faults : faults.map((fault) => `* ${fault}`);
  throw invalid(`invalid network config:\n${list.join('\n')}`);
}

/** What the network shows again of a range that was asked for. */
export function askedOf(given: Range): AskedRange {
  const { Subnet: Asked, IPRange, Gateway, AuxiliaryAddresses } = given;
  return {
    Subnet: Asked ?? '',
    ...(IPRange && { IPRange }),
    ...(Gateway && { Gateway }),
    ...(Object.keys(AuxiliaryAddresses ?? {}).length > 0 && { AuxiliaryAddresses: AuxiliaryAddresses ?? {} }),
  };
}

/** The addresses of a range that `checkRanges` has passed. `taken`: the subnets of the host's other networks. Throws forbidden, invalid, refused. */
export function askedAddresses(given: Range, taken: readonly Subnet[]): StoredPool {
  const subnet = parseSubnet(given.Subnet ?? '');
  if (!subnet) throw new Error('a range is checked first');
  if ([...taken, hubSubnet].some((other) => overlap(other, subnet)))
    throw new EngineError('forbidden', 'invalid pool request: Pool overlaps with other one on this address space');
  const ipRange = given.IPRange ? parseSubnet(given.IPRange) : null;
  const reserved = Object.values(given.AuxiliaryAddresses ?? {}).map(canonical);
  const first = hostAddresses(ipRange ?? subnet, subnet).find((address) => !reserved.includes(address));
  const gateway = given.Gateway ? canonical(given.Gateway) : first;
  if (!gateway)
    throw invalid(`invalid network config:\ninvalid ip-range ${given.IPRange}: no address is left for the gateway`);
  if (!isForHosts(subnet, gateway))
    throw new EngineError('refused', `failed to allocate gateway (${given.Gateway}): Address already in use`);
  return { subnet, ipRange, gateway, reserved };
}

/** The addresses of the first subnet that is free. Throws invalid where none is. */
export function freeAddresses(taken: readonly Subnet[], pools: readonly SubnetPool[]): StoredPool {
  const subnet = freeSubnet(taken, pools);
  if (!subnet) throw invalid('all predefined address pools have been fully subnetted');
  const [gateway = ''] = hostAddresses(subnet, subnet).take(1);
  return { subnet, ipRange: null, gateway, reserved: [] };
}
