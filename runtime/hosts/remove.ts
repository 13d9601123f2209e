// Removing a host with everything that was its own.

import { deleteSubvolume } from '../kernel/btrfs.ts';
import { finishHost } from './finish.ts';
import type { Host } from './host.ts';
import { releaseUidRange } from './uids.ts';

/** Idempotent. The name and the UID range are free again when this resolves. */
export async function removeHost(host: Host): Promise<void> {
  const { engine, id, name } = host;
  host.save({ phase: 'removing' });
  await finishHost(host);
  engine.images.forgetHost(id);
  deleteSubvolume(host.directory);
  engine.records.deleteHost(id);
  if (engine.hosts.get(name) === host) engine.hosts.delete(name);
  releaseUidRange(host.record.uidBase);
}
