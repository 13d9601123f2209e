// Making a host as it was when it was created.

import { createDisk } from './disk.ts';
import { nothing } from './holdings.ts';
import type { Host } from './host.ts';
import { anotherSubvolume, replaceHost } from './replace.ts';
import { discardSnapshots } from './snapshots.ts';

/** Containers, images, files and snapshots are gone, terminals are closed; name, limits and what else it was made with stay. */
export function resetHost(host: Host): Promise<void> {
  return host.whileThere(async () => {
    const subvolume = anotherSubvolume(host);
    createDisk(host, subvolume);
    await replaceHost(host, subvolume, nothing, { workspaceLayers: null, forgetSnapshots: true });
    discardSnapshots(host.snapshotsDirectory, []);
  });
}
