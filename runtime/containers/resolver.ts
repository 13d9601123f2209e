// The embedded name server of each running container that is on a network of the student's own. It is open as long as the container
// runs, and opened again by an engine that finds the container running.

import { Resolver, resolverPort, resolverRealPort } from '../networks/dns/resolver.ts';
import type { Container } from './container.ts';
import { portsAreMoved } from './moved-ports.ts';
import { namesKnownTo } from './names-known.ts';

const open = new WeakMap<Container, Resolver>();

/** Whether the container is on a network with names. */
export function needsResolver({ host, record }: Container): boolean {
  return Object.keys(record.endpoints).some((name) => (host.networks.get(name)?.record ?? null) !== null);
}

/** In the network namespace of `machinePid`, the container's process; where it is needed, and not open. Throws SystemCallError. */
export function openResolver(container: Container, machinePid: number): void {
  if (open.has(container) || !needsResolver(container)) return;
  // Without moved ports no container on such a network can listen at port 53 of all its addresses.
  const port = portsAreMoved(container.host) ? resolverRealPort : resolverPort;
  open.set(container, new Resolver(machinePid, port, namesKnownTo(container)));
}

/** Idempotent. */
export function closeResolver(container: Container): void {
  open.get(container)?.[Symbol.dispose]();
  open.delete(container);
}
