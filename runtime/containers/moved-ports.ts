// The ports at which programs of a host reach what the engine serves there: the name servers of containers, and the hub.

import { type MovedPort, type MovedPorts, movePorts, prepareMoves } from '../kernel/moved-port.ts';
import { resolverAddress, resolverPort, resolverRealPort } from '../networks/dns/resolver.ts';
import { hubAddress, hubPorts, hubRealPort } from '../networks/hub-address.ts';
import type { ContainerHost } from './container.ts';

const names: readonly MovedPort[] = [{ ip: resolverAddress, port: resolverPort, real: resolverRealPort }];
const hub: readonly MovedPort[] = hubPorts.map((port) => ({ ip: hubAddress, port, real: hubRealPort }));

/** The same for all hosts. */
let prepared: MovedPorts | null = null;

/** By host: the workspace that it is so for, as its cgroup goes with it. */
const moved = new WeakMap<ContainerHost, { readonly pid: number; readonly areMoved: boolean }>();

/** Moves them where that is not done. False on a kernel without BPF for cgroups. */
export function portsAreMoved(host: ContainerHost): boolean {
  const { pid } = host.record;
  const known = moved.get(host);
  if (known?.pid === pid) return known.areMoved;
  let areMoved = true;
  try {
    prepared ??= prepareMoves(hub, names);
    movePorts(host.group, prepared);
  } catch (error) {
    host.engine.log.warn(
      { error, host: host.name },
      'ports cannot be moved: name servers of containers take port 53 of 127.0.0.11, and the hub is reached by the docker command alone',
    );
    areMoved = false;
  }
  moved.set(host, { pid, areMoved });
  return areMoved;
}
