// The network part of a create request: what is asked of its network, and what does not go together with it.

import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxEndpoints } from '../limits.ts';
import { parseNetworkMode } from '../networks/mode.ts';
import { listOf, mapOf } from './bounded.ts';
import { goObject } from './go-object.ts';
import { checkedNetworkMode } from './host-config/networking.ts';
import type { HostConfig } from './host-config/table.ts';

const endpointSchema = goObject({
  Aliases: listOf(maxEndpoints).nullish(),
  DNSNames: z.unknown().optional(),
  DriverOpts: mapOf(z.string(), maxEndpoints).nullish(),
  EndpointID: z.string().nullish(),
  Gateway: z.string().nullish(),
  GlobalIPv6Address: z.string().nullish(),
  GlobalIPv6PrefixLen: z.number().nullish(),
  GwPriority: z.number().nullish(),
  IPAMConfig: goObject({
    IPv4Address: z.string().nullish(),
    IPv6Address: z.string().nullish(),
    LinkLocalIPs: listOf(maxEndpoints).nullish(),
  }).nullish(),
  IPAddress: z.string().nullish(),
  IPPrefixLen: z.number().nullish(),
  IPv6Gateway: z.string().nullish(),
  Links: listOf(maxEndpoints).nullish(),
  MacAddress: z.string().nullish(),
  NetworkID: z.string().nullish(),
});

export const networkingSchema = goObject({
  EndpointsConfig: mapOf(endpointSchema.nullable(), maxEndpoints).nullish(),
});

type Endpoint = z.infer<typeof endpointSchema>;

interface GivenConfig {
  readonly Hostname?: string | null | undefined;
  readonly MacAddress?: string | null | undefined;
  readonly ExposedPorts?: object | null | undefined;
}

function checkEndpoint(endpoint: Endpoint): void {
  const address = endpoint.IPAMConfig;
  if (address?.IPv4Address || address?.IPv6Address || address?.LinkLocalIPs?.length || endpoint.IPAddress)
    throw new EngineError('invalid', 'user specified IP address is supported on user defined networks only');
  if (endpoint.Aliases?.length)
    throw new EngineError('invalid', 'network-scoped alias is supported only for containers in user defined networks');
  if (endpoint.Links?.length)
    throw new EngineError('invalid', 'NetworkingConfig: Links are not supported yet by this engine: leave --link out');
  if (Object.keys(endpoint.DriverOpts ?? {}).length > 0)
    throw new EngineError(
      'invalid',
      'NetworkingConfig: DriverOpts are not supported yet by this engine: leave them out',
    );
}

/** The MAC address that was asked for; empty where none was. Throws invalid. */
export function checkNetworking(
  config: GivenConfig,
  { NetworkMode: mode, Dns, ExtraHosts, PortBindings, PublishAllPorts }: HostConfig,
  networking: z.infer<typeof networkingSchema>,
): string {
  let macAddress = '';
  for (const [name, endpoint] of Object.entries(networking.EndpointsConfig ?? {})) {
    if (checkedNetworkMode(name) !== mode)
      throw new EngineError(
        'invalid',
        `a container has one network in this engine: ${mode}; ${name.slice(0, 80)} is another`,
      );
    if (!endpoint) continue;
    checkEndpoint(endpoint);
    macAddress = endpoint.MacAddress ?? '';
  }
  const { kind } = parseNetworkMode(mode);
  const shared = kind === 'container';
  const conflict = (what: string) => new EngineError('invalid', `conflicting options: ${what} and the network mode`);
  if (shared && config.Hostname) throw conflict('hostname');
  if (shared && Dns.length > 0) throw conflict('dns');
  if (shared && ExtraHosts) throw conflict('custom host-to-IP mapping');
  if ((shared || kind === 'host') && (macAddress || config.MacAddress)) throw conflict('mac-address');
  if (shared && (PublishAllPorts || Object.keys(PortBindings).length > 0))
    throw new EngineError('invalid', 'conflicting options: port publishing and the container type network mode');
  if (shared && Object.keys(config.ExposedPorts ?? {}).length > 0)
    throw new EngineError('invalid', 'conflicting options: port exposing and the container type network mode');
  return macAddress;
}
