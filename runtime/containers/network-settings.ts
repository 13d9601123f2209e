// What `docker inspect` and `docker ps` say of a container's network: its address on the bridge, its ports.

import { createHash } from 'node:crypto';
import type { Host } from '../hosts/host.ts';
import type { Container, ContainerRecord } from './container.ts';

export type DefaultNetwork = 'bridge' | 'host' | 'none';

/** What `docker network ls` shows as their drivers. */
export const networkDrivers: Readonly<Record<DefaultNetwork, string>> = {
  bridge: 'bridge',
  host: 'host',
  none: 'null',
};

/** The ID of one of the three networks of a host: 64 hex digits, the same for as long as the host is there. */
export function networkId(host: Host, network: DefaultNetwork): string {
  return createHash('sha256').update(`${host.id} network ${network}`).digest('hex');
}

/** The network that a container is on; null where it shares another container's. */
export function networkOf(record: ContainerRecord): DefaultNetwork | null {
  const mode = record.hostConfig.NetworkMode;
  if (mode === '' || mode === 'default' || mode === 'bridge') return 'bridge';
  return mode === 'host' || mode === 'none' ? mode : null;
}

/** `NetworkSettings.Networks`: one entry, or none where the container shares another's network. */
export function networksOf(container: Container): Record<string, object> {
  const network = networkOf(container.record);
  if (!network) return {};
  const { endpoint } = container.record;
  return {
    [network]: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      MacAddress: endpoint?.macAddress ?? '',
      DriverOpts: null,
      GwPriority: 0,
      NetworkID: container.running || network === 'bridge' ? networkId(container.host, network) : '',
      EndpointID: endpoint?.endpointId ?? '',
      Gateway: endpoint ? '172.17.0.1' : '',
      IPAddress: endpoint?.ipAddress ?? '',
      IPPrefixLen: endpoint ? 16 : 0,
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
  if (!container.running || !container.record.endpoint) return {};
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
  const { endpoint } = container.record;
  // One that joins another's network has no place of its own.
  const own = container.running && networkOf(container.record) !== null;
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
    Gateway: endpoint ? '172.17.0.1' : '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: endpoint?.ipAddress ?? '',
    IPPrefixLen: endpoint ? 16 : 0,
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
  if (!container.running || !container.record.endpoint) return [];
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
