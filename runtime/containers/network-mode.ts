// What `--network` means here: the host's bridge, the workspace's own network, another container's, or none.

import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import type { NamespaceChoice } from '../oci/spec.ts';
import type { Container, ContainerRecord } from './container.ts';

/** True where the container has an address of its own on docker0. */
export function isBridged(mode: string): boolean {
  return mode === 'default' || mode === 'bridge' || mode === '';
}

const joining = 'container:';

/** The ID of the container whose network this one joins (`--network container:X`); null for any other network. */
export function joinedId({ hostConfig }: ContainerRecord): string | null {
  return hostConfig.NetworkMode.startsWith(joining) ? hostConfig.NetworkMode.slice(joining.length) : null;
}

/** `container:NAME` as it is kept: by ID, so that a rename changes nothing. What names nothing stays; the start tells. */
export function normalNetworkMode(host: Host, mode: string): string {
  if (!mode.startsWith(joining)) return mode;
  try {
    return joining + host.findContainer(mode.slice(joining.length)).id;
  } catch {
    return mode;
  }
}

/** The container whose network files and name this one has: its own, or those of the one that it joins, or of that one's. */
export function networkOwner(container: Container): Container {
  const id = joinedId(container.record);
  const joined = id === null ? undefined : container.host.containers.get(id);
  return joined ? networkOwner(joined) : container;
}

/** The container that is joined. Throws what moby says: conflict where it is gone, or does not run. */
function joined(container: Container, reference: string, what: string): Container {
  try {
    const other = container.host.findContainer(reference);
    if (other.running) return other;
    const why = `container ${other.name} is ${other.state.status}`;
    throw new EngineError('conflict', `cannot join ${what} namespace of a non running container: ${why}`);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind === 'conflict') throw error;
    throw new EngineError('conflict', `joining ${what} namespace of container: ${error.message}`, { cause: error });
  }
}

/**
 * The namespace of a kind that `mode` (of --network, --pid or --ipc) asks for. Paths are as the workspace's /proc has
 * them: its own init is /proc/1, so `host` is the student's host and never the machine. Throws what moby says.
 */
export function namespaceFor(container: Container, kind: 'net' | 'pid' | 'ipc', mode: string): NamespaceChoice {
  if (mode === 'host') return kind === 'pid' ? 'inherit' : { path: `/proc/1/ns/${kind}` };
  if (!mode.startsWith(joining)) return { path: null };
  const what = { net: 'network', pid: 'PID', ipc: 'IPC' }[kind];
  return { path: `/proc/${joined(container, mode.slice(joining.length), what).state.pid}/ns/${kind}` };
}
