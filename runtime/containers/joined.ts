// The containers whose namespaces a container joins: with `--network container:X`, `--pid container:X` and `--ipc container:X`.

import { EngineError } from '../errors.ts';
import { type NetworkMode, parseNetworkMode } from '../networks/mode.ts';
import type { NamespaceChoice } from '../oci/spec.ts';
import type { Container, ContainerHost } from './container.ts';
import type { ContainerRecord } from './container-record.ts';

export function networkModeOf({ hostConfig }: ContainerRecord): NetworkMode {
  return parseNetworkMode(hostConfig.NetworkMode);
}

/** The ID of the container whose network this one joins (`--network container:X`); null for any other network. */
export function joinedId(record: ContainerRecord): string | null {
  const mode = networkModeOf(record);
  return mode.kind === 'container' ? mode.reference : null;
}

/**
 * `container:NAME` as it is stored: by ID, so that a rename changes nothing. A name of no container is kept; the start refuses
 * it.
 */
export function normalNetworkMode(host: ContainerHost, given: string): NetworkMode {
  const mode = parseNetworkMode(given);
  if (mode.kind !== 'container') return mode;
  try {
    return { ...mode, reference: host.findContainer(mode.reference).id };
  } catch {
    return mode;
  }
}

/** The container whose network files and host name this one has: itself or, following each `container:`, the one that it joins. */
export function networkOwner(container: Container): Container {
  const id = joinedId(container.record);
  const joined = id === null ? undefined : container.host.containers.get(id);
  return joined ? networkOwner(joined) : container;
}

/** The container that is joined. Throws conflict, in moby's words, if that is gone or does not run. */
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

const wordsFor = { net: 'network', pid: 'PID', ipc: 'IPC' } as const;
type Kind = keyof typeof wordsFor;

/**
 * Paths below the workspace's /proc, where /proc/1 is the workspace's init: so they are in the student's host, never the
 * machine's.
 */
const ofHost = (kind: Kind | 'uts'): NamespaceChoice => ({ path: `/proc/1/ns/${kind}` });
const ofOther = (container: Container, kind: Kind, reference: string): NamespaceChoice => ({
  path: `/proc/${joined(container, reference, wordsFor[kind]).state.pid}/ns/${kind}`,
});
const itsOwn: NamespaceChoice = { path: null };

/** The network namespace of the container that the next start makes. Throws what moby says. */
export function networkNamespace(container: Container): NamespaceChoice {
  const mode = networkModeOf(container.record);
  if (mode.kind === 'host') return ofHost('net');
  return mode.kind === 'container' ? ofOther(container, 'net', mode.reference) : itsOwn;
}

const joining = 'container:';

/** The namespace that `mode`, of --pid or --ipc, asks for. Throws what moby says. */
export function namespaceFor(container: Container, kind: 'pid' | 'ipc', mode: string): NamespaceChoice {
  if (mode === 'host') return kind === 'pid' ? 'inherit' : ofHost(kind);
  return mode.startsWith(joining) ? ofOther(container, kind, mode.slice(joining.length)) : itsOwn;
}

/** The namespace with the hostname, of --uts. */
export function utsNamespace(mode: string): NamespaceChoice {
  return mode === 'host' ? ofHost('uts') : itsOwn;
}

/** `container:NAME` of --pid or --ipc as it is kept: by ID. Throws invalid where there is no such container. */
export function normalJoin(host: ContainerHost, mode: string): string {
  if (!mode.startsWith(joining)) return mode;
  try {
    return `${joining}${host.findContainer(mode.slice(joining.length)).id}`;
  } catch (error) {
    // Not notFound: the CLI would take that for an image that is missing.
    throw error instanceof EngineError ? new EngineError('invalid', error.message, { cause: error }) : error;
  }
}

/** The IDs of the containers that have to run before this one can start. */
export function joinedIds(record: ContainerRecord): string[] {
  const { PidMode, IpcMode } = record.hostConfig;
  const modes = [PidMode, IpcMode].filter((mode) => mode.startsWith(joining));
  const network = joinedId(record);
  return [...(network === null ? [] : [network]), ...modes.map((mode) => mode.slice(joining.length))];
}
