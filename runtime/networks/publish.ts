// Published ports: a rule in the host's own network namespace leads a port of the host to a container's.

import type { PublishedPort } from '../containers/container.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { nft } from '../kernel/nft.ts';
import { portIsFree } from '../kernel/ports.ts';

/** Ports that Docker gives where none was asked for: the kernel's own range for clients. */
const firstEphemeralPort = 32_768;
const lastEphemeralPort = 60_999;

/** The host's rules; applied again, they are the same. Published ports stay. */
export const natTable = `
add table ip drydock
add map ip drydock published { type inet_proto . inet_service : ipv4_addr . inet_service; }
add chain ip drydock prerouting { type nat hook prerouting priority dstnat; }
add chain ip drydock output { type nat hook output priority -100; }
add chain ip drydock postrouting { type nat hook postrouting priority srcnat; }
flush chain ip drydock prerouting
flush chain ip drydock output
flush chain ip drydock postrouting
add rule ip drydock prerouting fib daddr type local meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @published
add rule ip drydock output fib daddr type local meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @published
add rule ip drydock postrouting ip saddr 127.0.0.0/8 oifname docker0 masquerade
add rule ip drydock postrouting ip saddr 172.17.0.0/16 oifname eth0 masquerade
add rule ip drydock postrouting ip saddr 172.17.0.0/16 ip daddr 172.17.0.0/16 ct status dnat masquerade
`;

const element = (port: PublishedPort, ip: string): string =>
  `${port.protocol} . ${port.hostPort} : ${ip} . ${port.containerPort}`;
const key = (port: PublishedPort): string => `${port.protocol} . ${port.hostPort}`;

/** Makes `ports` lead to `ip`. Idempotent for one container's own ports. */
export async function publish(host: Host, ports: readonly PublishedPort[], ip: string): Promise<void> {
  if (ports.length === 0) return;
  const elements = ports.map((port) => element(port, ip)).join(', ');
  await nft(host.record.pid, `${natTable}add element ip drydock published { ${elements} }\n`);
}

export async function unpublish(host: Host, ports: readonly PublishedPort[]): Promise<void> {
  if (ports.length === 0 || !host.running) return;
  await nft(host.record.pid, `delete element ip drydock published { ${ports.map(key).join(', ')} }\n`);
}

/**
 * Chooses the host's ports for `wanted` (0 for any): free of other containers' and of what listens in the workspace.
 * Throws conflict, in Docker's words.
 */
export function choosePorts(host: Host, wanted: readonly PublishedPort[]): PublishedPort[] {
  const taken = new Set<string>();
  for (const container of host.containers.values()) {
    for (const port of container.record.ports) taken.add(key(port));
  }
  const free = (port: PublishedPort): boolean =>
    !taken.has(key(port)) && portIsFree(host.record.pid, port.protocol, port.hostPort);
  return wanted.map((port) => {
    const chosen = port.hostPort > 0 ? port : firstFree(port, free);
    if (taken.has(key(chosen))) {
      throw new EngineError(
        'conflict',
        `Bind for ${chosen.hostIp}:${chosen.hostPort} failed: port is already allocated`,
      );
    }
    if (!free(chosen)) {
      const where = `${chosen.protocol} ${chosen.hostIp}:${chosen.hostPort}`;
      throw new EngineError('conflict', `failed to bind host port for ${where}: address already in use`);
    }
    taken.add(key(chosen));
    return chosen;
  });
}

function firstFree(port: PublishedPort, free: (port: PublishedPort) => boolean): PublishedPort {
  for (let hostPort = firstEphemeralPort; hostPort <= lastEphemeralPort; hostPort++) {
    if (free({ ...port, hostPort })) return { ...port, hostPort };
  }
  throw new EngineError('exhausted', 'all ports are allocated');
}
