// The embedded name server of each running container that is on a network of the student's own. It is open as long as the container
// runs, and opened again by an engine that finds the container running.

import { movePort } from '../kernel/moved-port.ts';
import { Resolver, resolverAddress, resolverPort, resolverRealPort } from '../networks/dns/resolver.ts';
import type { Container, ContainerHost } from './container.ts';
import { namesKnownTo } from './names-known.ts';

const open = new WeakMap<Container, Resolver>();

/** Whether the container is on a network with names. */
export function needsResolver({ host, record }: Container): boolean {
  return Object.keys(record.endpoints).some((name) => (host.networks.get(name)?.record ?? null) !== null);
}

/** The port that the name servers of a host's containers listen at. */
function portIn(host: ContainerHost): number {
  const { pid } = host.record;
  const known = moved.get(host);
  if (known?.pid === pid) return known.port;
  let port = resolverRealPort;
  try {
    movePort(host.group, resolverAddress, resolverPort, resolverRealPort);
  } catch (error) {
    // A kernel without BPF for cgroups: then no container on such a network can listen at port 53 of all its addresses.
    host.engine.log.warn({ error, host: host.name }, 'name servers of containers take port 53 of 127.0.0.11');
    port = resolverPort;
  }
  moved.set(host, { pid, port });
  return port;
}

/** By host: the workspace that it is so for, as its cgroup goes with it. */
const moved = new WeakMap<ContainerHost, { readonly pid: number; readonly port: number }>();

/** In the network namespace of `machinePid`, the container's process; where it is needed, and not open. Throws SystemCallError. */
export function openResolver(container: Container, machinePid: number): void {
  if (open.has(container) || !needsResolver(container)) return;
  open.set(container, new Resolver(machinePid, portIn(container.host), namesKnownTo(container)));
}

/** Idempotent. */
export function closeResolver(container: Container): void {
  open.get(container)?.[Symbol.dispose]();
  open.delete(container);
}
