// Published ports: which of a host's ports a container asks for, and which of them are free.

import fs from 'node:fs';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { whyNotFree } from '../kernel/ports.ts';
import type { Shape } from '../store/record-kind.ts';

/** A published port that is forwarded. `hostPort` is a port inside the host, not of the machine. */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp';
  readonly containerPort: number;
  readonly hostIp: string;
  readonly hostPort: number;
}

/** The published port in records. */
export const publishedPortSchema = z.object({
  protocol: z.enum(['tcp', 'udp']),
  containerPort: z.int(),
  hostIp: z.string(),
  hostPort: z.int(),
} satisfies Shape<PublishedPort>);

/** Ports that Docker chooses from if the request names none: the kernel's own range for clients. */
const firstEphemeralPort = 32_768;
const lastEphemeralPort = 60_999;

/** `hostIp` of a port that is published at every address of a family. */
export const allAddresses = { ipv4: '0.0.0.0', ipv6: '::' } as const;
/** If the kernel was started without IPv6 there is no `::1`, and Docker lists no `::` either. */
const hasIpv6 = fs.existsSync('/proc/net/if_inet6');

/** Whether one packet could match both. */
function overlap(a: PublishedPort, b: PublishedPort): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort || isIPv6(a.hostIp) !== isIPv6(b.hostIp)) return false;
  const all = isIPv6(a.hostIp) ? allAddresses.ipv6 : allAddresses.ipv4;
  return a.hostIp === all || b.hostIp === all || a.hostIp === b.hostIp;
}

/**
 * A port to publish at one of the host's ports, the first of these that is free. `hostIp` is '' for all addresses of both
 * families.
 */
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
  if (given === '') return hasIpv6 ? [allAddresses.ipv4, allAddresses.ipv6] : [allAddresses.ipv4];
  if (!isIPv6(given)) return [given];
  const address = new URL(`http://[${given}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return [address];
  return [[high, low].flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]).join('.')];
}

/**
 * Chooses ports for `wanted` in the network namespace of `pid`, a host's workspace: none that is in `published`, and none on
 * which a program there listens. Throws refused, in Docker's words.
 */
export function choosePorts(
  pid: number,
  published: readonly PublishedPort[],
  wanted: readonly WantedPort[],
): PublishedPort[] {
  const given = [...published];
  const taken = (port: PublishedPort): boolean => given.some((other) => overlap(other, port));
  const refusal = (port: PublishedPort): string | null => whyNotFree(pid, port.protocol, port.hostIp, port.hostPort);
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
    throw new EngineError('refused', `Bind for ${port.hostIp}:${port.hostPort} failed: port is already allocated`);
  const refused = refusal(port);
  if (refused === null) return;
  const where = `${isIPv6(port.hostIp) ? `[${port.hostIp}]` : port.hostIp}:${port.hostPort}`;
  throw new EngineError('refused', `failed to bind host port for ${port.protocol} ${where}: ${refused}`);
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
  throw new EngineError('refused', `Bind for ${address}:${first}-${last} failed: all ports are allocated`);
}
