// What `--network` means here: the host's bridge, the workspace's own network, another container's, or none.

import { EngineError } from '../errors.ts';
import type { NamespaceChoice } from '../oci/spec.ts';
import type { Container } from './container.ts';

/** True where the container has an address of its own on docker0. */
export function isBridged(mode: string): boolean {
  return mode === 'default' || mode === 'bridge' || mode === '';
}

/**
 * The namespace of a kind that `mode` (of --network, --pid or --ipc) asks for. Paths are as the workspace's /proc has
 * them: its own init is /proc/1, so `host` is the student's host and never the machine. Throws what moby says.
 */
export function namespaceFor(container: Container, kind: 'net' | 'pid' | 'ipc', mode: string): NamespaceChoice {
  if (mode === 'host') return kind === 'pid' ? 'inherit' : { path: `/proc/1/ns/${kind}` };
  if (!mode.startsWith('container:')) return { path: null };
  const other = container.host.findContainer(mode.slice('container:'.length));
  if (!other.running) {
    const what = { net: 'network', pid: 'PID', ipc: 'IPC' }[kind];
    throw new EngineError('conflict', `cannot join ${what} namespace of a non running container: ${other.id}`);
  }
  return { path: `/proc/${other.state.pid}/ns/${kind}` };
}
