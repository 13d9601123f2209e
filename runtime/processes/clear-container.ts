// Removes what the engine keeps of a container that ran or was to run: its cgroup, the OCI runtime's state of it, its bundle.

import { rm } from 'node:fs/promises';
import { removeGroup } from '../kernel/cgroups.ts';
import type { OciTools } from '../kernel/conmon.ts';
import { removeBundle } from '../kernel/remove-bundle.ts';

/** Kills processes that are left first. Idempotent. Throws if something cannot be removed yet. */
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
