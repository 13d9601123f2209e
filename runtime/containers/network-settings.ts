// What `docker inspect` and `docker ps` say of a container's network: its address there, its ports.

import { createHash } from 'node:crypto';
import { defaultBridge } from '../networks/bridge.ts';
import { endpointIn, hasEndpoints } from '../networks/endpoint.ts';
import { networkNameIn } from '../networks/mode.ts';
import type { Network } from '../networks/network.ts';
import type { Container } from './container.ts';
import { networkModeOf } from './joined.ts';

/** The network that a container is on; null where it shares another container's. */
export function networkOf({ host, record }: Container): Network | null {
  const name = networkNameIn(networkModeOf(record));
  return name === null ? null : (host.networks.get(name) ?? null);
}

/** `NetworkSettings.Networks`: one entry, or none where the container shares another's network. */
export function networksOf(container: Container): Record<string, object> {
  const network = networkOf(container);
  if (!network) return {};
  const { id, name, bridge } = network;
  const endpoint = endpointIn(container.record.endpoints, name);
  return {
    [name]: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      MacAddress: endpoint?.macAddress ?? '',
      DriverOpts: null,
      GwPriority: 0,
      NetworkID: container.running || bridge ? id : '',
      EndpointID: endpoint?.endpointId ?? '',
      Gateway: (endpoint && bridge?.gateway) ?? '',
      IPAddress: endpoint?.ipAddress ?? '',
      IPPrefixLen: (endpoint && bridge?.subnet.prefixLength) ?? 0,
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      DNSNames: null,
    },
  };
}

/** `NetworkSettings.Ports`: every exposed port, null where it is not published; nothing while the container is stopped. */
function portMap(container: Container): Record<string, object[] | null> {
  const { config, ports } = container.record;
  if (!container.running || !hasEndpoints(container.record.endpoints)) return {};
  const map: Record<string, object[] | null> = {};
  for (const port of Object.keys(config.ExposedPorts ?? {})) map[port] = null;
  for (const { protocol, containerPort, hostIp, hostPort } of ports) {
    const bindings = map[`${containerPort}/${protocol}`] ?? [];
    map[`${containerPort}/${protocol}`] = [...bindings, { HostIp: hostIp, HostPort: String(hostPort) }];
  }
  return map;
}

/** `NetworkSettings` of `GET /containers/X/json`. */
export function networkSettings(container: Container): object {
  // Its addresses in other networks than the default one are told in `Networks` alone.
  const endpoint = endpointIn(container.record.endpoints, defaultBridge.network);
  // A container that joins another's network has no sandbox of its own.
  const own = container.running && networkOf(container) !== null;
  const sandbox = own ? createHash('sha256').update(`sandbox ${container.id}`).digest('hex') : '';
  return {
    Bridge: '',
    SandboxID: sandbox,
    SandboxKey: own ? `/proc/${container.state.pid}/ns/net` : '',
    Ports: portMap(container),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: endpoint?.endpointId ?? '',
    Gateway: endpoint ? defaultBridge.gateway : '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: endpoint?.ipAddress ?? '',
    IPPrefixLen: endpoint ? defaultBridge.subnet.prefixLength : 0,
    IPv6Gateway: '',
    MacAddress: endpoint?.macAddress ?? '',
    Networks: networksOf(container),
  };
}

export interface PortSummary {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

/** The PORTS column: published ports with where they are, exposed ones without. */
export function portSummaries(container: Container): PortSummary[] {
  if (!container.running || !hasEndpoints(container.record.endpoints)) return [];
  const { config, ports } = container.record;
  const published = ports.map(({ hostIp, containerPort, hostPort, protocol }) => ({
    IP: hostIp,
    PrivatePort: containerPort,
    PublicPort: hostPort,
    Type: protocol,
  }));
  const exposed = Object.keys(config.ExposedPorts ?? {}).flatMap((port) => {
    const [number = '', type = 'tcp'] = port.split('/');
    const isPublished = published.some(({ PrivatePort, Type }) => PrivatePort === Number(number) && Type === type);
    // An image may expose what is no port.
    return isPublished || !/^\d+$/.test(number) ? [] : [{ PrivatePort: Number(number), Type: type }];
  });
  return [...published, ...exposed].sort((a, b) => a.PrivatePort - b.PrivatePort);
}
