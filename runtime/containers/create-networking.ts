// The network part of a create request: what is asked of its networks, and what does not go together with it.

import type { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxEndpoints } from '../limits.ts';
import { networkModeInWords, parseNetworkMode } from '../networks/mode.ts';
import { type Networks, networkNamed } from '../networks/network.ts';
import { type Attachments, attachmentOf, checkAttachment, endpointSchema, isPlain } from './attachment.ts';
import { mapOf } from './bounded.ts';
import { checkMacAddress } from './create-checks.ts';
import { goObject } from './go-object.ts';
import type { HostConfig } from './host-config/table.ts';

export const networkingSchema = goObject({
  EndpointsConfig: mapOf(endpointSchema.nullable(), maxEndpoints).nullish(),
});

interface GivenConfig {
  readonly Hostname?: string | null | undefined;
  readonly MacAddress?: string | null | undefined;
  readonly ExposedPorts?: object | null | undefined;
}

export interface AskedNetworking {
  /** On the network of the container's mode; empty where none was asked for. */
  readonly macAddress: string;
  /** Null where nothing was asked for but the network of its mode. */
  readonly networks: Attachments | null;
}

/** What the request asks of networks. Throws invalid. */
export function checkNetworking(
  config: GivenConfig,
  { NetworkMode: mode, Dns, ExtraHosts, PortBindings, PublishAllPorts }: HostConfig,
  networking: z.infer<typeof networkingSchema>,
): AskedNetworking {
  const networks = Object.fromEntries(
    Object.entries(networking.EndpointsConfig ?? {}).map(([given, endpoint]) => {
      const attachment = attachmentOf(endpoint);
      const name = networkModeInWords(parseNetworkMode(given));
      if (attachment.macAddress) checkMacAddress(attachment.macAddress);
      return [name, attachment];
    }),
  );
  const { kind } = parseNetworkMode(mode);
  const shared = kind === 'container';
  const macAddress = networks[mode]?.macAddress || config.MacAddress || '';
  const conflict = (what: string) => new EngineError('invalid', `conflicting options: ${what} and the network mode`);
  if (shared && config.Hostname) throw conflict('hostname');
  if (shared && Dns.length > 0) throw conflict('dns');
  if (shared && ExtraHosts) throw conflict('custom host-to-IP mapping');
  if ((shared || kind === 'host') && macAddress) throw conflict('mac-address');
  if (shared && (PublishAllPorts || Object.keys(PortBindings).length > 0))
    throw new EngineError('invalid', 'conflicting options: port publishing and the container type network mode');
  if (shared && Object.keys(config.ExposedPorts ?? {}).length > 0)
    throw new EngineError('invalid', 'conflicting options: port exposing and the container type network mode');
  const names = Object.keys(networks);
  const nothing = shared || names.every((name) => name === mode && isPlain(networks[name]));
  return { macAddress, networks: nothing ? null : networks };
}

/** With the names of the networks, where their IDs were given. Throws invalid where something does not go with a network that is there. */
export function withNames(networks: Networks, asked: Attachments): Attachments {
  return Object.fromEntries(
    Object.entries(asked).map(([reference, attachment]) => {
      const network = networkNamed(networks, reference);
      const name = network?.name ?? reference;
      checkAttachment(`invalid config for network ${name.slice(0, 80)}`, name, attachment, network);
      return [name, attachment];
    }),
  );
}
