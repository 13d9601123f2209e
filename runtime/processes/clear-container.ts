// Removing what the engine keeps of a container that ran or was to run: its cgroup, what the OCI runtime knows of it, its bundle.

import { rm } from 'node:fs/promises';
import { removeGroup } from '../kernel/cgroups.ts';
import type { OciTools } from '../kernel/conmon.ts';
import { removeBundle } from '../kernel/remove-bundle.ts';

/** Kills what is left of it first. Idempotent. Throws where something cannot go yet. */
export async function clearContainer(
  tools: OciTools,
  left: { readonly id: string; readonly group: string; readonly bundle: string },
): Promise<void> {
  await removeGroup(left.group);
  await Promise.all([
    rm(`${tools.stateDirectory}/${left.id}`, { recursive: true, force: true }),
    removeBundle(left.bundle),
  ]);
}
