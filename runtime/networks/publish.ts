// Published ports: a rule in the host's own network namespace leads a port of the host to a container's. Containers have IPv4
// alone: what connects to a port of the host's `::1` is led to their address by the kernel too (`kernel/ipv6-ports.ts`).

import fs from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import type { Container, PublishedPort } from '../containers/container.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { setIpv6Ports } from '../kernel/ipv6-ports.ts';
import { nft } from '../kernel/nft.ts';
import { whyNotFree } from '../kernel/ports.ts';

/** Ports that Docker gives where none was asked for: the kernel's own range for clients. */
const firstEphemeralPort = 32_768;
const lastEphemeralPort = 60_999;

/** The host's rules; applied again, they are the same. Published ports stay. */
export const natTable = `
add table ip drydock
add map ip drydock published { type inet_proto . inet_service : ipv4_addr . inet_service; }
add map ip drydock published_at { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }
add chain ip drydock prerouting { type nat hook prerouting priority dstnat; }
add chain ip drydock output { type nat hook output priority -100; }
add chain ip drydock postrouting { type nat hook postrouting priority srcnat; }
flush chain ip drydock prerouting
flush chain ip drydock output
flush chain ip drydock postrouting
add rule ip drydock prerouting meta l4proto { tcp, udp } dnat ip to meta l4proto . ip daddr . th dport map @published_at
add rule ip drydock output meta l4proto { tcp, udp } dnat ip to meta l4proto . ip daddr . th dport map @published_at
add rule ip drydock prerouting fib daddr type local meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @published
add rule ip drydock output fib daddr type local meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @published
add rule ip drydock postrouting ip saddr 127.0.0.0/8 oifname docker0 masquerade
add rule ip drydock postrouting ip saddr 172.17.0.0/16 oifname eth0 masquerade
add rule ip drydock postrouting ip saddr 172.17.0.0/16 ip daddr 172.17.0.0/16 ct status dnat masquerade
`;

const ofAll = { ipv4: '0.0.0.0', ipv6: '::' } as const;
/** A machine whose kernel was started without IPv6 has no `::1`, and Docker tells no `::` there either. */
const hasIpv6 = fs.existsSync('/proc/net/if_inet6');

/** Where the port stands in which map, in nft's words. */
function place({ hostIp, hostPort, protocol }: PublishedPort): { readonly map: string; readonly key: string } {
  return hostIp === ofAll.ipv4
    ? { map: 'published', key: `${protocol} . ${hostPort}` }
    : { map: 'published_at', key: `${protocol} . ${hostIp} . ${hostPort}` };
}

/** Whether one packet could be meant for both. */
function overlap(a: PublishedPort, b: PublishedPort): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort || isIPv6(a.hostIp) !== isIPv6(b.hostIp)) return false;
  const all = isIPv6(a.hostIp) ? ofAll.ipv6 : ofAll.ipv4;
  return a.hostIp === all || b.hostIp === all || a.hostIp === b.hostIp;
}

const atIpv4 = ({ hostIp }: PublishedPort): boolean => isIPv4(hostIp);
const atIpv6 = ({ hostIp }: PublishedPort): boolean => isIPv6(hostIp);

/** Makes the ports of `::1` lead to the containers that have them, but for `ended`. */
function applyIpv6(host: Host, ended: Container | null): void {
  const ports = [...host.containers.values()]
    .filter((container) => container !== ended && !container.unclean)
    .flatMap(({ record: { ports, endpoint } }) => (endpoint === null ? [] : at(ports, endpoint.ipAddress)));
  try {
    setIpv6Ports(host.group, host.record.pid, ports);
  } catch (error) {
    // A kernel without BPF for cgroups: IPv4 is what nearly everybody uses, and must not fail with it.
    host.engine.log.warn({ error, host: host.name }, 'could not lead ports of ::1 to containers');
  }
}

const at = (ports: readonly PublishedPort[], ip: string) =>
  ports
    .filter(atIpv6)
    .map(({ protocol, hostPort, containerPort }) => ({ protocol, port: hostPort, ip, toPort: containerPort }));

/** Makes the ports of the container's record lead to its address. Idempotent. */
export async function publish({ host, record: { ports, endpoint } }: Container): Promise<void> {
  if (ports.length === 0 || endpoint === null) return;
  if (ports.some(atIpv6)) applyIpv6(host, null);
  const added = ports.filter(atIpv4).map((port) => {
    const { map, key } = place(port);
    return `add element ip drydock ${map} { ${key} : ${endpoint.ipAddress} . ${port.containerPort} }\n`;
  });
  if (added.length > 0) await nft(host.record.pid, natTable + added.join(''));
}

export async function unpublish(container: Container): Promise<void> {
  const { host, record } = container;
  if (record.ports.length === 0 || !host.running) return;
  if (record.ports.some(atIpv6)) applyIpv6(host, container);
  const deleted = record.ports.filter(atIpv4).map((port) => {
    const { map, key } = place(port);
    return `delete element ip drydock ${map} { ${key} }\n`;
  });
  if (deleted.length > 0) await nft(host.record.pid, deleted.join(''));
}

/** A port to publish at one of the host's ports, the first of these that is free. `hostIp` is '' for all addresses of both families. */
export interface WantedPort extends Omit<PublishedPort, 'hostPort'> {
  readonly hostPorts: { readonly first: number; readonly last: number };
}

/** What `HostPort` of a binding asks for: `8080`, `8000-8010`, or nothing or 0 for any port that is free. */
export function hostPortsOf(given: string): WantedPort['hostPorts'] {
  const [first = 0, last = first] = given.split('-').map(Number);
  return first === 0 ? { first: firstEphemeralPort, last: lastEphemeralPort } : { first, last };
}

/** The addresses that `HostIp` of a binding means, as Docker writes them. */
function addressesOf(given: string): readonly string[] {
  if (given === '') return hasIpv6 ? [ofAll.ipv4, ofAll.ipv6] : [ofAll.ipv4];
  if (!isIPv6(given)) return [given];
  const address = new URL(`http://[${given}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return [address];
  return [[high, low].flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]).join('.')];
}

/**
 * Chooses the host's ports for `wanted`: free of other containers' and of what listens in the workspace. Throws conflict, or
 * exhausted where there are several to choose from, in Docker's words.
 */
export function choosePorts(host: Host, wanted: readonly WantedPort[]): PublishedPort[] {
  const given = [...host.containers.values()].flatMap((container) => container.record.ports);
  const taken = (port: PublishedPort): boolean => given.some((other) => overlap(other, port));
  const refusal = (port: PublishedPort): string | null =>
    whyNotFree(host.record.pid, port.protocol, port.hostIp, port.hostPort);
  const free = (port: PublishedPort): boolean => !taken(port) && refusal(port) === null;
  return wanted.flatMap(({ hostPorts: { first, last }, hostIp, ...port }) => {
    const addresses = addressesOf(hostIp);
    const candidate = (hostPort: number): PublishedPort[] =>
      addresses.map((address) => ({ ...port, hostIp: address, hostPort }));
    const chosen =
      first === last
        ? candidate(first)
        : firstFree(candidate, first, last, (ports) => ports.every(free), addresses[0] ?? '');
    for (const one of chosen) needFree(one, taken, refusal);
    given.push(...chosen);
    return chosen;
  });
}

function needFree(
  port: PublishedPort,
  taken: (port: PublishedPort) => boolean,
  refusal: (port: PublishedPort) => string | null,
): void {
  // As Docker writes them: without brackets in the one, with them in the other.
  if (taken(port))
    throw new EngineError('conflict', `Bind for ${port.hostIp}:${port.hostPort} failed: port is already allocated`);
  const refused = refusal(port);
  if (refused === null) return;
  const where = `${isIPv6(port.hostIp) ? `[${port.hostIp}]` : port.hostIp}:${port.hostPort}`;
  throw new EngineError('conflict', `failed to bind host port for ${port.protocol} ${where}: ${refused}`);
}

function firstFree(
  candidate: (hostPort: number) => PublishedPort[],
  first: number,
  last: number,
  free: (ports: readonly PublishedPort[]) => boolean,
  address: string,
): PublishedPort[] {
  for (let hostPort = first; hostPort <= last; hostPort++) {
    const ports = candidate(hostPort);
    if (free(ports)) return ports;
  }
  throw new EngineError('exhausted', `Bind for ${address}:${first}-${last} failed: all ports are allocated`);
}
