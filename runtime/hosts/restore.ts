// Restores a host from one of its snapshots.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { deleteSubvolume, snapshotSubvolume } from '../kernel/btrfs.ts';
import { limitSubvolume } from '../kernel/quotas.ts';
import type { Host } from './host.ts';
import { restoreHub } from './hub-account.ts';
import { anotherSubvolume, replaceHost } from './replace.ts';

/**
 * Closes the host's terminals, and starts the containers that ran when the snapshot was taken. Throws notFound where there is no
 * such snapshot, noSpace. Where it throws before the old processes have ended, nothing has changed.
 */
export function restoreSnapshot(host: Host, id: string): Promise<void> {
  return host.whileThere(async () => {
    const snapshot = host.snapshots.get(id);
    if (!snapshot) throw new EngineError('notFound', `host ${host.name} has no snapshot ${id}`);
    const { engine, record } = host;
    const subvolume = anotherSubvolume(host);
    const directory = `${engine.paths.hosts}/${subvolume}`;
    try {
      const kept = `${host.snapshotsDirectory}/${snapshot.subvolume}`;
      const lock = engine.paths.copying;
      await snapshotSubvolume(kept, directory, { readonly: false, group: host.diskGroup, lock });
      limitSubvolume(directory, record.limits.diskBytes);
      // The output of the terminals from then: a terminal that is opened now begins empty.
      fs.rmSync(`${directory}/terminals`, { recursive: true, force: true });
    } catch (error) {
      await deleteSubvolume(directory);
      throw error;
    }
    const { workspaceLayers } = record;
    const beforeStart = () =>
      restoreHub(host, snapshot.hub).catch((error: unknown) => {
        engine.log.warn({ error, host: host.name }, 'what a lab has on the hub was not put back');
      });
    const options = { workspaceLayers, forgetSnapshots: false, access: host.access, beforeStart };
    await replaceHost(host, subvolume, snapshot, options);
  });
}
