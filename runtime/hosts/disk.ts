// The disk of a host: a subvolume with a limit, counted together with the host's snapshots.

import fs from 'node:fs';
import { createSubvolume, deleteSubvolume } from '../kernel/btrfs.ts';
import { createDiskGroup, joinDiskGroup, limitSubvolume } from '../kernel/quotas.ts';
import { diskWithSnapshots } from '../limits.ts';
import type { Host } from './host.ts';

/** Makes an empty subvolume `name` for the host; leaves none where it throws. */
export async function createDisk(host: Host, name: string): Promise<void> {
  const { hosts, store } = host.engine.paths;
  const { diskBytes } = host.record.limits;
  const directory = `${hosts}/${name}`;
  createSubvolume(directory);
  try {
    if (host.diskGroup !== null) {
      createDiskGroup(store, host.diskGroup, diskBytes * diskWithSnapshots);
      joinDiskGroup(directory, host.diskGroup);
    }
    limitSubvolume(directory, diskBytes);
    fs.chmodSync(directory, 0o700);
  } catch (error) {
    await deleteSubvolume(directory);
    throw error;
  }
}
