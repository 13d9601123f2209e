// Published ports: a rule in the host's own network namespace leads a port of the host to a container's.

import { isIPv4 } from 'node:net';
import type { PublishedPort } from '../containers/container.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
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

/** The one address that the port answers on; null for every one. A port has IPv4 alone, so an address of IPv6 says nothing. */
const addressOf = ({ hostIp }: PublishedPort): string | null =>
  isIPv4(hostIp) && hostIp !== '0.0.0.0' ? hostIp : null;

/** Where the port stands in which map, in nft's words. */
function place(port: PublishedPort): { readonly map: string; readonly key: string } {
  const address = addressOf(port);
  return address === null
    ? { map: 'published', key: `${port.protocol} . ${port.hostPort}` }
    : { map: 'published_at', key: `${port.protocol} . ${address} . ${port.hostPort}` };
}

/** Whether one packet could be meant for both. */
function overlap(a: PublishedPort, b: PublishedPort): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort) return false;
  const [left, right] = [addressOf(a), addressOf(b)];
  return left === null || right === null || left === right;
}

/** Makes `ports` lead to `ip`. Idempotent for one container's own ports. */
export async function publish(host: Host, ports: readonly PublishedPort[], ip: string): Promise<void> {
  if (ports.length === 0) return;
  const added = ports.map((port) => {
    const { map, key } = place(port);
    return `add element ip drydock ${map} { ${key} : ${ip} . ${port.containerPort} }\n`;
  });
  await nft(host.record.pid, natTable + added.join(''));
}

export async function unpublish(host: Host, ports: readonly PublishedPort[]): Promise<void> {
  if (ports.length === 0 || !host.running) return;
  const deleted = ports.map((port) => {
    const { map, key } = place(port);
    return `delete element ip drydock ${map} { ${key} }\n`;
  });
  await nft(host.record.pid, deleted.join(''));
}

/** A port to publish at one of the host's ports, the first of these that is free. */
export interface WantedPort extends Omit<PublishedPort, 'hostPort'> {
  readonly hostPorts: { readonly first: number; readonly last: number };
}

/** What `HostPort` of a binding asks for: `8080`, `8000-8010`, or nothing or 0 for any port that is free. */
export function hostPortsOf(given: string): WantedPort['hostPorts'] {
  const [first = 0, last = first] = given.split('-').map(Number);
  return first === 0 ? { first: firstEphemeralPort, last: lastEphemeralPort } : { first, last };
}

/**
 * Chooses the host's ports for `wanted`: free of other containers' and of what listens in the workspace. Throws conflict, or
 * exhausted where there are several to choose from, in Docker's words.
 */
export function choosePorts(host: Host, wanted: readonly WantedPort[]): PublishedPort[] {
  const given = [...host.containers.values()].flatMap((container) => container.record.ports);
  const taken = (port: PublishedPort): boolean => given.some((other) => overlap(other, port));
  const refusal = (port: PublishedPort): string | null =>
    whyNotFree(host.record.pid, port.protocol, addressOf(port) ?? '0.0.0.0', port.hostPort);
  const free = (port: PublishedPort): boolean => !taken(port) && refusal(port) === null;
  return wanted.map(({ hostPorts: { first, last }, ...port }) => {
    const chosen = first === last ? { ...port, hostPort: first } : firstFree(port, first, last, free);
    if (taken(chosen)) {
      throw new EngineError(
        'conflict',
        `Bind for ${chosen.hostIp}:${chosen.hostPort} failed: port is already allocated`,
      );
    }
    const refused = refusal(chosen);
    if (refused !== null) {
      const where = `${chosen.protocol} ${chosen.hostIp}:${chosen.hostPort}`;
      throw new EngineError('conflict', `failed to bind host port for ${where}: ${refused}`);
    }
    given.push(chosen);
    return chosen;
  });
}

function firstFree(
  port: Omit<PublishedPort, 'hostPort'>,
  first: number,
  last: number,
  free: (port: PublishedPort) => boolean,
): PublishedPort {
  for (let hostPort = first; hostPort <= last; hostPort++) {
    if (free({ ...port, hostPort })) return { ...port, hostPort };
  }
  throw new EngineError('exhausted', `Bind for ${port.hostIp}:${first}-${last} failed: all ports are allocated`);
}
