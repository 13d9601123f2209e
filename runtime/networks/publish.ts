// Published ports in force: a rule in the host's own network namespace leads a port of the host to a container's. Containers have
// IPv4 alone, so the kernel leads what connects to a port of the host's `::1` to their address too (`kernel/ipv6-ports.ts`).

import { isIPv4, isIPv6 } from 'node:net';
import { setIpv6Ports } from '../kernel/ipv6-ports.ts';
import { nft } from '../kernel/nft.ts';
import type { Bridge } from './bridge.ts';
import { natRules, portMaps } from './nat.ts';
import { allAddresses, type PublishedPort } from './ports.ts';

/** The ports of one container, and its address that they lead to. */
export interface Publication {
  readonly ports: readonly PublishedPort[];
  readonly ipAddress: string;
}

/** Where the port stands in which map, in nft's words. */
function place({ hostIp, hostPort, protocol }: PublishedPort): { readonly map: string; readonly key: string } {
  return hostIp === allAddresses.ipv4
    ? { map: portMaps.atAll, key: `${protocol} . ${hostPort}` }
    : { map: portMaps.atOne, key: `${protocol} . ${hostIp} . ${hostPort}` };
}

const atIpv4 = ({ hostIp }: PublishedPort): boolean => isIPv4(hostIp);

/** Whether one of the ports is of IPv6: then `publishIpv6` is to be called when they come and when they go. */
export function haveIpv6(ports: readonly PublishedPort[]): boolean {
  return ports.some(({ hostIp }) => isIPv6(hostIp));
}

/**
 * Makes the ports of `::1` lead to containers, for the programs of the cgroup `group` that are in the network namespace of `pid`:
 * those of `publications` and no others. Idempotent. Throws SystemCallError, as on a kernel without BPF for cgroups.
 */
export function publishIpv6(group: string, pid: number, publications: readonly Publication[]): void {
  const led = publications.flatMap(({ ports, ipAddress: ip }) =>
    ports
      .filter(({ hostIp }) => isIPv6(hostIp))
      .map(({ protocol, hostPort, containerPort }) => ({ protocol, port: hostPort, ip, toPort: containerPort })),
  );
  setIpv6Ports(group, pid, led);
}

/** Makes the IPv4 ports lead to the address, in the network namespace of `pid`, whose host has these bridges. Idempotent. */
export async function publish(
  pid: number,
  bridges: readonly Bridge[],
  { ports, ipAddress }: Publication,
): Promise<void> {
  const added = ports.filter(atIpv4).map((port) => {
    const { map, key } = place(port);
    return `add element ip drydock ${map} { ${key} : ${ipAddress} . ${port.containerPort} }\n`;
  });
  if (added.length > 0) await nft(pid, natRules(bridges) + added.join(''));
}

/** Takes back what `publish` did. Throws where one of the ports leads nowhere already. */
export async function unpublish(pid: number, ports: readonly PublishedPort[]): Promise<void> {
  const deleted = ports.filter(atIpv4).map((port) => {
    const { map, key } = place(port);
    return `delete element ip drydock ${map} { ${key} }\n`;
  });
  if (deleted.length > 0) await nft(pid, deleted.join(''));
}
