// Removes a host with everything that belongs to it.

import { deleteSubvolume } from '../kernel/btrfs.ts';
import { writeAccessFilesOf } from './access-files.ts';
import { endHost } from './finish.ts';
import type { Host } from './host.ts';
import { leaveHub } from './hub-account.ts';
import { hostsOn, releaseLinks, writeHostNames } from './link.ts';
import { discardSnapshots } from './snapshots.ts';
import { releaseUidRange } from './uids.ts';

/** Idempotent. The name and the UID range are free again when this resolves. */
export function removeHost(host: Host): Promise<void> {
  return host.withLock(async () => {
    const { engine, id, name } = host;
    if (engine.hosts.get(name) !== host) return; // an earlier call has removed it
    host.save({ phase: 'removing', startAgain: [] });
    await endHost(host);
    host.snapshots.clear();
    engine.images.forgetHost(id);
    await deleteSubvolume(host.directory);
    await discardSnapshots(host.snapshotsDirectory, []);
    await leaveHub(host);
    engine.records.deleteHost(id);
    engine.hosts.delete(name);
    if (host.record.link) {
      writeHostNames(engine, host.record.link.name);
      if (host.access) writeAccessFilesOf(hostsOn(engine, host.record.link.name));
      releaseLinks(engine, { all: false });
    }
    releaseUidRange(host.record.uidBase);
  });
}
