// The body of `POST /networks/create`: every key that Docker knows is known here. What this engine does not do is refused.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import type { Subnet } from '../../kernel/netlink.ts';
import { maxLabels, maxNetworkNameLength, maxNetworkOptions } from '../../limits.ts';
import { bridgeOption, isFalse, isTrue } from '../../networks/network.ts';
import type { NetworkRecord, StoredPool } from '../../networks/network-record.ts';
import { ipv4Pools, ipv6Pools, type SubnetPool } from '../../networks/subnet.ts';
import { mapOf } from '../bounded.ts';
import { now } from '../clock.ts';
import { checkLabelSize } from '../create-checks.ts';
import { goObject } from '../go-object.ts';
import { flag, text } from '../host-config/row.ts';
import { invalidBody } from '../invalid-body.ts';
import {
  askedAddresses,
  askedOf,
  checkRanges,
  familyOf,
  freeAddresses,
  type Range,
  rangeSchema,
} from './request-addresses.ts';

const options = mapOf(z.string().max(4096), maxNetworkOptions).nullish();

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

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

const wantsIpv6 = ({ EnableIPv6, Options }: Body): boolean =>
  EnableIPv6 === true || isTrue(Options?.[bridgeOption.ipv6]);

function refuseOthers({ Driver, Scope, IPAM, Ingress, ConfigOnly, ConfigFrom, ...body }: Body): void {
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
  if (body.EnableIPv4 === false || isFalse(body.Options?.[bridgeOption.ipv4]))
    throw wantsIpv6(body) ? notYet('a network without IPv4 is') : invalid('IPv4 or IPv6 must be enabled');
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

/** The ranges of each family; throws forbidden where one has several. */
function rangesOf({ IPAM }: Body): { readonly ipv4: Range | null; readonly ipv6: Range | null } {
  const given = (IPAM?.Config ?? []).map((range) => range ?? {});
  checkRanges(given);
  const of = (family: 4 | 6): Range | null => {
    const [range = null, ...others] = given.filter((each) => familyOf(each) === family);
    if (others.length > 0) throw new EngineError('forbidden', "bridge driver doesn't support multiple subnets");
    return range;
  };
  return { ipv4: of(4), ipv6: of(6) };
}

/**
 * Checks a create body, as parsed JSON. `taken`: the subnets of the host's other networks. `hostId`: it tells the addresses of IPv6 that
 * are the host's own. Throws invalid, forbidden, notFound.
 */
export function parseNetworkRequest(given: unknown, taken: readonly Subnet[], hostId: string): NetworkRecord {
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
  const asked = rangesOf(body);
  const addresses = (range: Range | null, pools: readonly SubnetPool[]): StoredPool =>
    range ? askedAddresses(range, taken) : freeAddresses(taken, pools);
  return {
    id: randomBytes(32).toString('hex'),
    name,
    createdAt: now(),
    ...addresses(asked.ipv4, ipv4Pools),
    asked: asked.ipv4 && askedOf(asked.ipv4),
    ipv6: wantsIpv6(body) ? addresses(asked.ipv6, ipv6Pools(hostId)) : null,
    askedIpv6: asked.ipv6 && askedOf(asked.ipv6),
    internal: body.Internal ?? false,
    attachable: body.Attachable ?? false,
    options: body.Options ?? {},
    ipamOptions: body.IPAM?.Options ?? null,
    labels: body.Labels ?? {},
  };
}
