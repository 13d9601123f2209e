// The ports that a container publishes: chosen when it starts, and forwarded to it while it runs.

import { isIPv6 } from 'node:net';
import { at } from '../errors.ts';
import { nft } from '../kernel/nft.ts';
import { type Endpoints, inOrder } from '../networks/endpoint.ts';
import type { Joined } from '../networks/gateway.ts';
import { choosePorts, hostPortsOf, type PublishedPort, type WantedPort } from '../networks/ports.ts';
import {
  haveIpv6,
  type Publication,
  publicationScript,
  publishIpv6,
  staleScript,
  unpublish,
} from '../networks/publish.ts';
import type { Container, ContainerHost } from './container.ts';
import { gatewayOfContainer, gatewayWith } from './endpoints.ts';
import { applyInForce } from './host-rules.ts';

/**
 * The host's ports that a start gives the container: `before`, or what its request asks for. `endpoints` are those that it
 * gets. Throws refused, in Docker's words, where a port is not free.
 */
export function choosePublishedPorts(
  container: Container,
  endpoints: Endpoints,
  before: readonly PublishedPort[] | null,
): PublishedPort[] {
  const { host } = container;
  if (gatewayWith(container, endpoints) === null) return []; // nothing leads into its networks
  const published = [...host.containers.values()].flatMap(({ record }) => record.ports);
  try {
    return choosePorts(host.record.pid, published, before ? samePorts(before) : wantedPorts(container));
  } catch (error) {
    const endpoint = `${container.name} (${inOrder(endpoints)[0]?.[1].endpointId ?? ''})`;
    const what = `failed to set up container networking: driver failed programming external connectivity on endpoint ${endpoint}`;
    throw at(what, error);
  }
}

function samePorts(ports: readonly PublishedPort[]): WantedPort[] {
  return ports.map(({ hostPort, ...port }) => ({ ...port, hostPorts: { first: hostPort, last: hostPort } }));
}

/** `PortBindings` of the request, and with -P every port that the image exposes. */
function wantedPorts(container: Container): WantedPort[] {
  const { config, hostConfig } = container.record;
  const bindings = { ...hostConfig.PortBindings };
  if (hostConfig.PublishAllPorts) {
    for (const port of Object.keys(config.ExposedPorts ?? {})) {
      // An image's "exposed port" may be no valid port.
      if (/^\d{1,5}(\/(tcp|udp))?$/.test(port)) bindings[port] ??= [{ HostIp: '', HostPort: '' }];
    }
  }
  const ports = Object.entries(bindings).flatMap(([port, wanted]) => {
    const [number = '', protocol = 'tcp'] = port.split('/');
    return wanted.map(({ HostIp, HostPort }) => ({
      protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
      containerPort: Number(number),
      hostIp: HostIp,
      hostPorts: hostPortsOf(HostPort),
    }));
  });
  return ports.sort(inDockersOrder);
}

/** Single ports come before ranges, which take what is left; for one port IPv4 comes first. They are shown in this order too. */
function inDockersOrder(a: WantedPort, b: WantedPort): number {
  const keys = ({ hostPorts: { first, last }, hostIp }: WantedPort) => [
    Number(first !== last),
    first,
    Number(isIPv6(hostIp)),
  ];
  const [left, right] = [keys(a), keys(b)];
  const differs = left.findIndex((key, index) => key !== right[index]);
  return differs === -1 ? 0 : (left[differs] ?? 0) - (right[differs] ?? 0);
}

/** Forwards the ports of the container's record to its address. Idempotent. */
export async function publishPorts(container: Container): Promise<void> {
  const { host } = container;
  for (const publication of publicationsOf(container)) {
    if (haveIpv6(publication.ports)) publishIpv6OfHost(host, null);
    await applyInForce(host, publicationScript(publication));
  }
}

/** Ends the forwarding, by the network that had the ports. The host must be running. */
export async function unpublishPorts(
  container: Container,
  by: Joined | null = gatewayOfContainer(container),
): Promise<void> {
  const { host, record } = container;
  if (haveIpv6(record.ports)) publishIpv6OfHost(host, container);
  await unpublish(host.record.pid, { ports: record.ports, ip6Address: by?.endpoint.ip6Address ?? null });
}

/**
 * An engine before the port of an address of IPv6 was its own led that port of IPv4, by an element that no later end of the container
 * takes away. Takes it away now, and leads `::1` instead.
 */
export async function ledByOldEngine(container: Container): Promise<void> {
  const { host } = container;
  for (const publication of publicationsOf(container)) {
    const script = staleScript(publication);
    if (script === '') continue;
    publishIpv6OfHost(host, null);
    await nft(host.record.pid, script).catch(() => undefined); // another container has that port of IPv4
  }
}

/** What a container publishes: nothing, or its ports at its address. */
function publicationsOf(container: Container): Publication[] {
  const { ports } = container.record;
  const gateway = ports.length === 0 ? null : gatewayOfContainer(container);
  if (!gateway) return [];
  const { ipAddress, ip6Address } = gateway.endpoint;
  return [{ ports, ipAddress, ip6Address }];
}

/** Forwards the host's ports of `::1` to the containers that publish them, all but `ended`. */
function publishIpv6OfHost(host: ContainerHost, ended: Container | null): void {
  const containers = [...host.containers.values()].filter((container) => container !== ended && !container.unclean);
  try {
    publishIpv6(host.group, host.record.pid, containers.flatMap(publicationsOf));
  } catch (error) {
    // A kernel without BPF for cgroups. Nearly everybody uses IPv4, which must work all the same.
    host.engine.log.warn({ error, host: host.name }, 'could not lead ports of ::1 to containers');
  }
}
