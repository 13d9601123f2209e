// Forwards published ports: a rule in the host's own network namespace forwards a port of the host to one of a container.
// A port of IPv6 leads to the container's address of IPv6; where it has none, connections to the host's `::1` are redirected to its
// IPv4 address (`kernel/ipv6-ports.ts`).

import { isIPv4, isIPv6 } from 'node:net';
import { setIpv6Ports } from '../kernel/ipv6-ports.ts';
import { nft } from '../kernel/nft.ts';
import { portMaps } from './nat.ts';
import { placeOfIpv6 } from './nat6.ts';
import { allAddresses, type PublishedPort } from './ports.ts';

/** The ports of one container, and its addresses to which they are forwarded. */
export interface Publication {
  readonly ports: readonly PublishedPort[];
  readonly ipAddress: string;
  /** Null where its network has no IPv6. */
  readonly ip6Address: string | null;
}

/** The port's map and its key there, in nft's syntax. */
function place({ hostIp, hostPort, protocol }: PublishedPort): { readonly map: string; readonly key: string } {
  return hostIp === allAddresses.ipv4
    ? { map: portMaps.atAll, key: `${protocol} . ${hostPort}` }
    : { map: portMaps.atOne, key: `${protocol} . ${hostIp} . ${hostPort}` };
}

const atIpv4 = ({ hostIp }: PublishedPort): boolean => isIPv4(hostIp);
/** What is sent to `::1` is led before it is a packet. */
const atLoopback = ({ hostIp }: PublishedPort): boolean => hostIp === allAddresses.ipv6 || hostIp === '::1';
const byIpv6Rule = ({ hostIp }: PublishedPort): boolean => isIPv6(hostIp) && hostIp !== '::1';

/** Whether one of the ports is of IPv6. If so, call `publishIpv6` when the ports are published, and when they are withdrawn. */
export function haveIpv6(ports: readonly PublishedPort[]): boolean {
  return ports.some(({ hostIp }) => isIPv6(hostIp));
}

/**
 * Redirects the ports of `::1` in `publications`, and no others, to containers. For programs of the cgroup `group` that are in
 * the network namespace of `pid`. Idempotent. Throws SystemCallError, as on a kernel without BPF for cgroups.
 */
export function publishIpv6(group: string, pid: number, publications: readonly Publication[]): void {
  const led = publications.flatMap(({ ports, ipAddress, ip6Address }) =>
    ports.filter(atLoopback).map(({ protocol, hostPort, containerPort }) => ({
      protocol,
      port: hostPort,
      ip: ip6Address ?? ipAddress,
      toPort: containerPort,
    })),
  );
  setIpv6Ports(group, pid, led);
}

/** What makes the ports lead to the addresses, for nft(8), where the rules of `nat.ts` are. Empty where there is nothing to do. */
export function publicationScript({ ports, ipAddress, ip6Address }: Publication): string {
  const added = ports.filter(atIpv4).map((port) => {
    const { map, key } = place(port);
    return `add element ip drydock ${map} { ${key} : ${ipAddress} . ${port.containerPort} }\n`;
  });
  const ofIpv6 = ip6Address === null ? [] : ports.filter(byIpv6Rule);
  const addedOfIpv6 = ofIpv6.map(
    (port) => `add element ${placeOfIpv6(port)} : ${ip6Address} . ${port.containerPort} }\n`,
  );
  return [...added, ...addedOfIpv6].join('');
}

/** What takes away the elements that an old engine made of ports of IPv6, those of IPv4 then. Empty where there are none. */
export function staleScript({ ports, ipAddress }: Omit<Publication, 'ip6Address'>): string {
  const own = new Set(ports.filter(atIpv4).map(({ protocol, hostPort }) => `${protocol} . ${hostPort}`));
  return ports
    .filter((port) => !atIpv4(port) && !own.has(`${port.protocol} . ${port.hostPort}`))
    .map(({ protocol, hostPort, containerPort }) => {
      const element = `ip drydock ${portMaps.atAll} { ${protocol} . ${hostPort}`;
      // To delete what is not there is an error; to add what is there is none.
      return `add element ${element} : ${ipAddress} . ${containerPort} }\ndelete element ${element} }\n`;
    })
    .join('');
}

/** Takes back what `publicationScript` did. Throws where one of the ports leads nowhere already. */
export async function unpublish(pid: number, { ports, ip6Address }: Omit<Publication, 'ipAddress'>): Promise<void> {
  const deleted = ports.filter(atIpv4).map((port) => {
    const { map, key } = place(port);
    return `delete element ip drydock ${map} { ${key} }\n`;
  });
  const ofIpv6 = ip6Address === null ? [] : ports.filter(byIpv6Rule);
  const script = [...deleted, ...ofIpv6.map((port) => `delete element ${placeOfIpv6(port)} }\n`)].join('');
  if (script !== '') await nft(pid, script);
}
