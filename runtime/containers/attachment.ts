// What was asked for a container's place in a network: the `EndpointsConfig` of the API. It outlives the container's runs.

import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { isPlainIpv6 } from '../kernel/ip-address.ts';
import type { Subnet } from '../kernel/netlink.ts';
import { maxEndpoints } from '../limits.ts';
import { defaultBridge } from '../networks/bridge.ts';
import { parseNetworkMode } from '../networks/mode.ts';
import type { Network } from '../networks/network.ts';
import { contains, parseSubnet } from '../networks/subnet.ts';
import type { Shape } from '../store/record-kind.ts';
import { listOf, mapOf } from './bounded.ts';
import { goObject } from './go-object.ts';

/** `IPAMConfig` as it was sent. */
export interface AskedAddresses {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
  readonly LinkLocalIPs?: readonly string[];
}

export interface Attachment {
  /** Null where none was sent; shown as such. */
  readonly ipam: AskedAddresses | null;
  readonly aliases: readonly string[] | null;
  /** `CONTAINER` or `CONTAINER:ALIAS`: names that this container alone has for others. */
  readonly links: readonly string[] | null;
  readonly macAddress: string | null;
  readonly driverOptions: Readonly<Record<string, string>> | null;
  readonly gatewayPriority: number;
}

/** By the name of the network. */
export type Attachments = Readonly<Record<string, Attachment>>;

/** Of a container that asked for nothing but the network. */
export const plainAttachment: Attachment = {
  ipam: null,
  aliases: null,
  links: null,
  macAddress: null,
  driverOptions: null,
  gatewayPriority: 0,
};

const strings = z.array(z.string());
const storedAddresses = z.object({
  IPv4Address: z.string().exactOptional(),
  IPv6Address: z.string().exactOptional(),
  LinkLocalIPs: strings.exactOptional(),
} satisfies Shape<AskedAddresses>);

/** As records hold them; null in those of engines that knew one network for each container. */
export const attachmentsSchema: z.ZodType<Attachments | null> = z
  .record(
    z.string(),
    z.object({
      ipam: storedAddresses.nullable(),
      aliases: strings.nullable(),
      links: strings.nullable(),
      macAddress: z.string().nullable(),
      driverOptions: z.record(z.string(), z.string()).nullable(),
      gatewayPriority: z.number(),
    } satisfies Shape<Attachment>),
  )
  .nullable()
  .default(null);

/** What a client sends of it; what it may send for nothing (an endpoint as inspect shows it) is left out. */
export const endpointSchema = goObject({
  Aliases: listOf(maxEndpoints, 255).nullish(),
  DriverOpts: mapOf(z.string().max(4096), maxEndpoints).nullish(),
  GwPriority: z.number().int().nullish(),
  IPAMConfig: goObject({
    IPv4Address: z.string().nullish(),
    IPv6Address: z.string().nullish(),
    LinkLocalIPs: listOf(maxEndpoints).nullish(),
  }).nullish(),
  Links: listOf(maxEndpoints).nullish(),
  MacAddress: z.string().nullish(),
});

function askedAddresses(given: z.infer<typeof endpointSchema>['IPAMConfig']): AskedAddresses | null {
  if (!given) return null;
  const { IPv4Address, IPv6Address, LinkLocalIPs } = given;
  return {
    ...(IPv4Address && { IPv4Address }),
    ...(IPv6Address && { IPv6Address }),
    ...(LinkLocalIPs?.length && { LinkLocalIPs }),
  };
}

export function attachmentOf(given: z.infer<typeof endpointSchema> | null | undefined): Attachment {
  if (!given) return plainAttachment;
  return {
    ipam: askedAddresses(given.IPAMConfig),
    aliases: given.Aliases ?? null,
    links: given.Links ?? null,
    macAddress: given.MacAddress || null,
    driverOptions: given.DriverOpts ?? null,
    gatewayPriority: given.GwPriority ?? 0,
  };
}

/** Whether nothing was asked for but the network, and perhaps a MAC address. */
export function isPlain(attachment: Attachment | undefined): boolean {
  if (!attachment) return true;
  const { ipam, aliases, links, driverOptions, gatewayPriority } = attachment;
  const lists = [aliases, links, Object.keys(ipam ?? {}), Object.keys(driverOptions ?? {})];
  return gatewayPriority === 0 && lists.every((list) => (list?.length ?? 0) === 0);
}

const ownNetwork = (name: string): boolean => {
  const mode = parseNetworkMode(name);
  return mode.kind === 'bridged' && mode.network !== defaultBridge.network;
};

/** What is wrong with it, in moby's words (`validateEndpointSettings`). `network` is null where there is none of that name yet. */
function faultsOf(name: string, { ipam, aliases }: Attachment, network: Network | null): string[] {
  const { IPv4Address: ipv4, IPv6Address: ipv6, LinkLocalIPs: linkLocal = [] } = ipam ?? {};
  const faults: string[] = [];
  if (!ownNetwork(name)) {
    if (ipv4 || ipv6) faults.push('user specified IP address is supported on user defined networks only');
    if (aliases?.length) faults.push('network-scoped alias is supported only for containers in user defined networks');
  }
  if (ipv4 && !isIPv4(ipv4)) faults.push(`invalid IPv4 address: ${ipv4.slice(0, 64)}`);
  if (ipv6 && !isPlainIpv6(ipv6)) faults.push(`invalid IPv6 address: ${ipv6.slice(0, 64)}`);
  for (const address of linkLocal) {
    if (!isIPv4(address) || !contains({ ip: '169.254.0.0', prefixLength: 16 }, address))
      faults.push(`invalid link-local IP address: ${address.slice(0, 64)}`);
  }
  if (!network) return faults;
  const { subnet, asked = null, askedIpv6 = null } = network.record ?? {};
  const subnet6 = parseSubnet(askedIpv6?.Subnet ?? '');
  return [
    ...faults,
    ...(ipv4 ? outOfRange(asked && (subnet ?? null), ipv4) : []),
    ...(ipv6 ? outOfRange(subnet6, ipv6) : []),
  ];
}

/** `asked` is null where nobody asked for a subnet of the address's family. */
function outOfRange(asked: Subnet | null, address: string): string[] {
  if (!asked)
    return ['user specified IP address is supported only when connecting to networks with user configured subnets'];
  const isThere = (isIPv4(address) || isPlainIpv6(address)) && contains(asked, address);
  return isThere ? [] : [`no configured subnet or ip-range contain the IP address ${address.slice(0, 64)}`];
}

/** Those of an endpoint's `DriverOpts` by which Docker's bridge driver does something. All others are kept and shown, as in Docker. */
const actingOptions = ['com.docker.network.endpoint.ifname', 'com.docker.network.endpoint.sysctls'];

/** Throws invalid, in moby's words; `what` is where it stands in a larger request. */
export function checkAttachment(
  what: string | null,
  name: string,
  attachment: Attachment,
  network: Network | null,
): void {
  const faults = faultsOf(name, attachment, network);
  if (faults.length > 0) {
    const list = faults.length === 1 ? faults : faults.map((fault) => `* ${fault}`);
    throw new EngineError(
      'invalid',
      `${what === null ? '' : `${what}: `}invalid endpoint settings:\n${list.join('\n')}`,
    );
  }
  const acting = actingOptions.find((option) => Object.hasOwn(attachment.driverOptions ?? {}, option));
  if (acting !== undefined)
    throw new EngineError('invalid', `the driver option ${acting} is not supported by this engine: leave it out`);
}
