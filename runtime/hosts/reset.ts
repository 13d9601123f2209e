// Resets a host to what it was when it was created.

import { createDisk } from './disk.ts';
import { nothing } from './holdings.ts';
import type { Host } from './host.ts';
import { renewedAccess } from './open-access.ts';
import { anotherSubvolume, replaceHost } from './replace.ts';
import { discardSnapshots } from './snapshots.ts';

/**
 * Removes the host's containers, images, files and snapshots, and closes its terminals. Its name, limits and other options stay; the
 * keys to its API are new.
 */
export function resetHost(host: Host): Promise<void> {
  return host.whileThere(async () => {
    const subvolume = anotherSubvolume(host);
    await createDisk(host, subvolume);
    const access = await renewedAccess(host);
    await replaceHost(host, subvolume, nothing, { workspaceLayers: null, forgetSnapshots: true, access });
    await discardSnapshots(host.snapshotsDirectory, []);
  });
}
