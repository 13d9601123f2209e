// Whether one container reaches another by a name: resolved and connected from outside, in the container's own network, so that
// nothing of the student's has to be run or believed.

import net from 'node:net';
import type { ConnectionTold, ConnectionWish } from '../client-inside.ts';
import { dialInside } from '../kernel/dial.ts';
import { readBeneath } from '../kernel/safe-read.ts';
import { maxHostsFileBytes, tryConnectionMs } from '../limits.ts';
import { endpointIn } from '../networks/endpoint.ts';
import type { Container, ContainerHost } from './container.ts';
import { networkOwner } from './joined.ts';
import { namesKnownTo } from './names-known.ts';
import { needsResolver } from './resolver.ts';

/** The IPv4 address of a name in the container's /etc/hosts, which the student may have written to. */
function addressInHosts(container: Container, wanted: string): string | null {
  const text = readBeneath(networkOwner(container).directory, 'etc/hosts', maxHostsFileBytes) ?? '';
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/);
    if (net.isIPv4(address) && names.some((name) => name.toLowerCase() === wanted)) return address;
  }
  return null;
}

/** What a name means in the container; null where it means nothing. */
function addressOf(container: Container, to: string): string | null {
  if (net.isIPv4(to)) return to;
  const wanted = to.toLowerCase();
  const written = addressInHosts(container, wanted);
  if (written !== null) return written;
  const owner = networkOwner(container);
  // Without the embedded name server there is nobody to ask for names of containers.
  return needsResolver(owner) ? (namesKnownTo(owner).addressesOf(wanted)?.find(net.isIPv4) ?? null) : null;
}

/** Whether a container runs that somebody may call `to`. */
function runs(host: ContainerHost, to: string): boolean {
  const wanted = to.toLowerCase();
  return host.containers.values().some(({ name, running, record }) => {
    if (!running) return false;
    if (name.toLowerCase() === wanted || record.config.Hostname.toLowerCase() === wanted) return true;
    const networks = Object.entries(record.networks ?? {});
    return networks.some(
      ([network, { aliases }]) =>
        aliases?.some((alias) => alias.toLowerCase() === wanted) === true ||
        endpointIn(record.endpoints, network)?.ipAddress === to,
    );
  });
}

/** See `HostInside.tryConnection`. */
export async function tryConnection(
  host: ContainerHost,
  { from, to, port }: ConnectionWish,
  signal: AbortSignal,
): Promise<ConnectionTold> {
  const container = host.containers.values().find(({ name }) => name === from);
  const told = { toRuns: runs(host, to), address: null, outcome: 'unasked' as const };
  if (!container) return { ...told, from: 'missing' };
  if (!container.running) return { ...told, from: 'stopped' };
  const address = addressOf(container, to);
  if (address === null) return { ...told, from: 'running' };
  const { machinePid, startTicks } = container.state;
  const known = { from: 'running', toRuns: told.toRuns, address } as const;
  try {
    const process = { pid: machinePid, startTicks };
    const socket = await dialInside(process, { address, port }, tryConnectionMs, signal);
    socket.destroy();
    return { ...known, outcome: 'open' };
  } catch (error) {
    const { code } = (error ?? {}) as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') return { ...known, outcome: 'refused' };
    if (code === 'ESRCH' || code === 'ENOENT') return { ...told, from: 'stopped' };
    // ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES (a packet filter), EINVAL (no address to connect to).
    if (code?.startsWith('E')) return { ...known, outcome: 'silent' };
    throw error;
  }
}
