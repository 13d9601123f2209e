// The body of `POST /networks/create`: every key that Docker knows is known here. What this engine does not do is refused.

import { randomBytes } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import type { Subnet } from '../../kernel/netlink.ts';
import { maxLabels, maxNetworkNameLength, maxNetworkOptions } from '../../limits.ts';
import { bridgeOption } from '../../networks/network.ts';
import type { AskedRange, NetworkRecord } from '../../networks/network-record.ts';
import {
  contains,
  covers,
  freeSubnet,
  hostAddresses,
  overlap,
  parseSubnet,
  subnetInWords,
} from '../../networks/subnet.ts';
import { mapOf } from '../bounded.ts';
import { now } from '../clock.ts';
import { checkLabelSize } from '../create-checks.ts';
import { goObject } from '../go-object.ts';
import { flag, text } from '../host-config/row.ts';
import { invalidBody } from '../invalid-body.ts';

const options = mapOf(z.string().max(4096), maxNetworkOptions).nullish();

const rangeSchema = goObject({ Subnet: text, IPRange: text, Gateway: text, AuxiliaryAddresses: options });

const bodySchema = goObject({
  Name: text,
  Driver: text,
  Scope: text,
  EnableIPv4: flag,
  EnableIPv6: flag,
  IPAM: goObject({
    Driver: text,
    Options: options,
    Config: z.array(rangeSchema.nullable()).max(8).nullish(),
  }).nullish(),
  Internal: flag,
  Attachable: flag,
  Ingress: flag,
  ConfigOnly: flag,
  ConfigFrom: goObject({ Network: text }).nullish(),
  Options: options,
  Labels: mapOf(z.string(), maxLabels).nullish(),
});

type Body = z.infer<typeof bodySchema>;
type Range = z.infer<typeof rangeSchema>;

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

function refuseOthers({ Driver, Scope, EnableIPv4, EnableIPv6, IPAM, Ingress, ConfigOnly, ConfigFrom }: Body): void {
  const notYet = (what: string) => new EngineError('invalid', `${what} not supported yet by this engine: leave it out`);
  if (Driver === 'host' || Driver === 'null')
    throw new EngineError('forbidden', `only one instance of "${Driver}" network is allowed`);
  if (Driver === 'overlay' || Ingress || Scope === 'swarm')
    throw new EngineError(
      'forbidden',
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  if (Driver === 'macvlan' || Driver === 'ipvlan')
    throw invalid(
      `the driver ${Driver} puts containers on the machine’s own network, which a host here has none of: use bridge`,
    );
  if (Driver && Driver !== 'bridge')
    throw new EngineError('notFound', `plugin ${JSON.stringify(Driver.slice(0, 80))} not found`);
  if (IPAM?.Driver && IPAM.Driver !== 'default')
    throw new EngineError(
      'notFound',
      `could not resolve driver ${IPAM.Driver.slice(0, 80)} in plugin registry: plugin not found`,
    );
  if (EnableIPv4 === false) throw notYet('a network without IPv4 is');
  if (EnableIPv6) throw notYet('IPv6 is');
  if (ConfigOnly || ConfigFrom?.Network) throw notYet('a configuration-only network is');
}

/** A name of a link that the kernel takes and no other part of the host has. */
function checkOptions(given: Readonly<Record<string, string>>): void {
  const link = given[bridgeOption.link];
  if (
    link !== undefined &&
    (!/^[a-zA-Z0-9_.-]{1,15}$/.test(link) ||
      /^\.{1,2}$/.test(link) ||
      /^(lo|all|default|docker0|eth\d*|veth.*)$/.test(link))
  )
    throw invalid(
      `invalid bridge name: ${link.slice(0, 40)}: it has 1 to 15 of a-z, A-Z, 0-9, _, . and -, and is not lo, all, default, docker0, eth… or veth…`,
    );
  const mtu = given[bridgeOption.mtu];
  if (mtu !== undefined && !/^-?\d{1,15}$/.test(mtu))
    throw invalid(
      `failed to parse ${bridgeOption.mtu} value: ${mtu.slice(0, 40)} (strconv.Atoi: parsing ${JSON.stringify(mtu.slice(0, 40))}: invalid syntax)`,
    );
  if (mtu !== undefined && Number(mtu) !== 0 && !(Number(mtu) >= 68 && Number(mtu) <= 65_535))
    throw invalid(`invalid ${bridgeOption.mtu}: ${mtu.slice(0, 40)}: it is a number of bytes from 68 to 65535`);
}

interface Addresses {
  readonly subnet: Subnet;
  readonly ipRange: Subnet | null;
  readonly gateway: string;
  readonly reserved: readonly string[];
  readonly asked: AskedRange | null;
}

/** A subnet of this many addresses at least: the host's own, a container's, and the two that nobody may have. */
const longestPrefix = 30;

function addressesOf(given: Range, taken: readonly Subnet[]): Addresses {
  const subnet = parseSubnet(given.Subnet ?? '');
  const said = (given.Subnet ?? '').slice(0, 64);
  if (!subnet) throw invalid(`invalid network config:\ninvalid subnet ${said}: invalid CIDR block notation`);
  if (subnetInWords(subnet) !== said)
    throw invalid(`invalid network config:\ninvalid subnet ${said}: it should be ${subnetInWords(subnet)}`);
  if (subnet.prefixLength > longestPrefix || subnet.prefixLength < 8)
    throw invalid(
      `invalid network config:\ninvalid subnet ${given.Subnet}: its prefix has 8 to ${longestPrefix} bits in this engine`,
    );
  const ipRange = given.IPRange ? parseSubnet(given.IPRange) : null;
  const faults: string[] = [];
  if (given.IPRange && !ipRange)
    faults.push(`invalid ip-range ${given.IPRange.slice(0, 64)}: invalid CIDR block notation`);
  else if (ipRange && !covers(subnet, ipRange))
    faults.push(`invalid ip-range ${given.IPRange}: parent subnet ${said} doesn't contain ip-range`);
  const auxiliary = Object.entries(given.AuxiliaryAddresses ?? {});
  const addresses = [
    ...(given.Gateway ? [[`gateway ${given.Gateway.slice(0, 64)}`, given.Gateway] as const] : []),
    ...auxiliary.map(([name, address]) => [`auxiliary address ${name.slice(0, 64)}`, address] as const),
  ];
  for (const [what, address] of addresses) {
    if (!isIPv4(address)) faults.push(`invalid ${what}: invalid address`);
    else if (!contains(subnet, address))
      faults.push(`invalid ${what}: parent subnet ${said} doesn't contain this address`);
  }
  if (faults.length > 0) throw invalid(`invalid network config:\n${faults.join('\n')}`);
  if (taken.some((other) => overlap(other, subnet)))
    throw new EngineError('forbidden', 'invalid pool request: Pool overlaps with other one on this address space');
  const reserved = auxiliary.map(([, address]) => address);
  const first = hostAddresses(ipRange ?? subnet, subnet).find((address) => !reserved.includes(address));
  const gateway = given.Gateway || first;
  if (!gateway)
    throw invalid(`invalid network config:\ninvalid ip-range ${given.IPRange}: no address is left for the gateway`);
  return {
    subnet,
    ipRange,
    gateway,
    reserved,
    asked: {
      Subnet: said,
      ...(given.IPRange && { IPRange: given.IPRange }),
      ...(given.Gateway && { Gateway: given.Gateway }),
      ...(auxiliary.length > 0 && { AuxiliaryAddresses: Object.fromEntries(auxiliary) }),
    },
  };
}

function chosenAddresses(taken: readonly Subnet[]): Addresses {
  const subnet = freeSubnet(taken);
  if (!subnet) throw new EngineError('invalid', 'all predefined address pools have been fully subnetted');
  const [gateway = ''] = hostAddresses(subnet, subnet).take(1);
  return { subnet, ipRange: null, gateway, reserved: [], asked: null };
}

/** Checks a create body, as parsed JSON. `taken`: the subnets of the host's other networks. Throws invalid, forbidden, notFound. */
export function parseNetworkRequest(given: unknown, taken: readonly Subnet[]): NetworkRecord {
  const checked = bodySchema.safeParse(given);
  if (!checked.success) throw invalidBody(checked.error);
  const body = checked.data;
  const name = body.Name ?? '';
  if (name.trim() === '') throw invalid('invalid name: name is empty');
  if (name.length > maxNetworkNameLength || /\p{Cc}/u.test(name))
    throw invalid(
      `invalid name: ${JSON.stringify(name.slice(0, 80))}: at most ${maxNetworkNameLength} characters, none of them a control character`,
    );
  checkLabelSize(body.Labels ?? {});
  refuseOthers(body);
  checkOptions(body.Options ?? {});
  const [range, ...others] = body.IPAM?.Config ?? [];
  if (others.length > 0) throw new EngineError('forbidden', "bridge driver doesn't support multiple subnets");
  const addresses = range === undefined ? chosenAddresses(taken) : addressesOf(range ?? {}, taken);
  return {
    id: randomBytes(32).toString('hex'),
    name,
    createdAt: now(),
    ...addresses,
    internal: body.Internal ?? false,
    attachable: body.Attachable ?? false,
    options: body.Options ?? {},
    ipamOptions: body.IPAM?.Options ?? null,
    labels: body.Labels ?? {},
  };
}
