// What `docker inspect` and `docker ps` say of a container's networks: its addresses there, its ports.

import { createHash } from 'node:crypto';
import { defaultBridge } from '../networks/bridge.ts';
import { type Endpoint, endpointIn } from '../networks/endpoint.ts';
import type { Network } from '../networks/network.ts';
import type { Attachment } from './attachment.ts';
import { never } from './clock.ts';
import type { Container } from './container.ts';
import { attachmentsOf, gatewayOfContainer } from './endpoints.ts';
import { networkModeOf } from './joined.ts';

/** The networks that a container is on, running or not; none where it shares another container's. */
export function networksOfContainer(container: Container): Network[] {
  return Object.keys(attachmentsOf(container)).flatMap((name) => container.host.networks.get(name) ?? []);
}

/** The names that a container has on a network of its own kind, as moby gives them (`buildEndpointDNSNames`). */
export function dnsNamesOf({ id, name, record }: Container, { aliases }: Attachment): string[] {
  return [...new Set([name, ...(aliases ?? []), id.slice(0, 12), record.config.Hostname])].filter(
    (each) => each !== '',
  );
}

/** Until the first start it is the one that was asked for, as in moby, which forgets it when the container ends. */
function macAddressIn({ record }: Container, endpoint: Endpoint | null, asked: Attachment | undefined): string {
  if (endpoint) return endpoint.macAddress;
  return (record.state.startedAt === never && asked?.macAddress) || '';
}

/** `NetworkSettings.Networks`: an entry for each, or none where the container shares another's network. */
export function networksOf(container: Container): Record<string, object> {
  const { host, record, running } = container;
  return Object.fromEntries(
    Object.entries(attachmentsOf(container)).map(([name, attachment]) => {
      const network = host.networks.get(name);
      const bridge = network?.bridge;
      const endpoint = endpointIn(record.endpoints, name);
      const hasRun = record.state.startedAt !== never;
      const settings = {
        IPAMConfig: attachment.ipam,
        Links: attachment.links,
        Aliases: attachment.aliases,
        MacAddress: macAddressIn(container, endpoint, attachment),
        DriverOpts: attachment.driverOptions,
        GwPriority: attachment.gatewayPriority,
        NetworkID: network && (running || (bridge && (network.record === null || hasRun))) ? network.id : '',
        EndpointID: endpoint?.endpointId ?? '',
        Gateway: (endpoint && bridge && !bridge.internal && bridge.gateway) || '',
        IPAddress: endpoint?.ipAddress ?? '',
        IPPrefixLen: (endpoint && bridge?.subnet.prefixLength) ?? 0,
        IPv6Gateway: (endpoint?.ip6Address && bridge?.ipv6 && !bridge.internal && bridge.ipv6.gateway) || '',
        GlobalIPv6Address: endpoint?.ip6Address ?? '',
        GlobalIPv6PrefixLen: (endpoint?.ip6Address && bridge?.ipv6?.subnet.prefixLength) || 0,
        DNSNames: network?.record && (running || hasRun) ? dnsNamesOf(container, attachment) : null,
      };
      return [name, settings];
    }),
  );
}

/** The same in a list: without what is only told of one container (moby `container/view.go`). */
export function networkSummaries(container: Container): Record<string, object> {
  return Object.fromEntries(
    Object.entries(networksOf(container)).map(([name, settings]) => [
      name,
      { ...settings, Links: null, Aliases: null, DriverOpts: null, DNSNames: null },
    ]),
  );
}

/** Whether ports of it could be reached: it runs, and is on a network that leads out. */
const hasPorts = (container: Container): boolean => container.running && gatewayOfContainer(container) !== null;

/** `NetworkSettings.Ports`: every exposed port, null where it is not published. */
function portMap(container: Container): Record<string, object[] | null> {
  const { config, ports } = container.record;
  if (!hasPorts(container)) return {};
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
  // Its addresses in networks other than the default one are in `Networks` only.
  const endpoint = endpointIn(container.record.endpoints, defaultBridge.network);
  // A container that joins another's network has no sandbox of its own.
  const own = container.running && networkModeOf(container.record).kind !== 'container';
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
    MacAddress: macAddressIn(container, endpoint, attachmentsOf(container)[defaultBridge.network]),
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
  if (!hasPorts(container)) return [];
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
