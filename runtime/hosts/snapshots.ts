// Snapshots of a host: its subvolume at one moment, with the records of everything that was in the host then.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { SnapshotInfo } from '../client.ts';
import { EngineError } from '../errors.ts';
import type { KeptImage } from '../images/image.ts';
import { deleteSubvolume, snapshotSubvolume } from '../kernel/btrfs.ts';
import { maxSnapshotsPerHost } from '../limits.ts';
import { holdingsAcrossCopy, imagesNeededBy } from './holdings.ts';
import type { Host } from './host.ts';
import { keepHub } from './hub-account.ts';
import { type SnapshotRecord, snapshotKind } from './snapshot-record.ts';

export function snapshotInfo({ id, createdAt, running }: SnapshotRecord): SnapshotInfo {
  return { id, createdAt, containersRunning: running.length };
}

/** The images that a host's snapshots need, so that the store keeps them. */
export function imagesKeptBy(host: Host): KeptImage[] {
  return [...host.snapshots.values()].flatMap(imagesNeededBy);
}

/** The images that each snapshot needs: looked up once, for its record never changes. */
const imagesOf = new WeakMap<SnapshotRecord, ReadonlySet<string>>();

/** Whether a snapshot of the host needs the image. */
export function isKept(host: Host, imageId: string): boolean {
  return host.snapshots.values().some((snapshot) => {
    const known = imagesOf.get(snapshot) ?? new Set(imagesNeededBy(snapshot).map((one) => one.imageId));
    imagesOf.set(snapshot, known);
    return known.has(imageId);
  });
}

/**
 * Takes a snapshot of the host under `id`, in place of one that had that id. The snapshot is there once its record is stored.
 * Throws exhausted, noSpace.
 */
export function takeSnapshot(host: Host, id: string): Promise<SnapshotInfo> {
  return host.whileThere(async () => {
    const replaced = host.snapshots.get(id);
    if (!replaced && host.snapshots.size >= maxSnapshotsPerHost) {
      throw new EngineError(
        'exhausted',
        `host ${host.name} already has ${maxSnapshotsPerHost} snapshots, the most it may have; remove one first`,
      );
    }
    fs.mkdirSync(host.snapshotsDirectory, { recursive: true, mode: 0o700 });
    const subvolume = randomBytes(6).toString('hex');
    const path = `${host.snapshotsDirectory}/${subvolume}`;
    const holdings = holdingsAcrossCopy(host);
    await snapshotSubvolume(host.directory, path, {
      readonly: true,
      group: host.diskGroup,
      lock: host.engine.paths.copying,
    });
    const record: SnapshotRecord = {
      id,
      createdAt: new Date().toISOString(),
      subvolume,
      hub: keepHub(host),
      ...holdings(),
    };
    host.engine.records.put(snapshotKind, host.id, id, record);
    host.snapshots.set(id, record);
    if (replaced) await deleteSubvolume(`${host.snapshotsDirectory}/${replaced.subvolume}`);
    return snapshotInfo(record);
  });
}

/** The oldest first. */
export function snapshotsOf(host: Host): SnapshotInfo[] {
  const records = [...host.snapshots.values()];
  return records
    .sort((a, b) => Number(a.createdAt > b.createdAt) - Number(a.createdAt < b.createdAt))
    .map(snapshotInfo);
}

/** Idempotent. */
export function removeSnapshot(host: Host, id: string): Promise<void> {
  return host.whileThere(async () => {
    const snapshot = host.snapshots.get(id);
    if (!snapshot) return;
    host.engine.records.delete(snapshotKind, host.id, id);
    host.snapshots.delete(id);
    await deleteSubvolume(`${host.snapshotsDirectory}/${snapshot.subvolume}`);
    host.images.recall(imagesNeededBy(snapshot).map(({ imageId }) => imageId));
  });
}

/** Removes the subvolumes that no record in `kept` names, and the directory where none is left. Idempotent. */
export async function discardSnapshots(directory: string, kept: readonly SnapshotRecord[]): Promise<void> {
  if (!fs.existsSync(directory)) return;
  const names = new Set(kept.map(({ subvolume }) => subvolume));
  for (const name of fs.readdirSync(directory)) if (!names.has(name)) await deleteSubvolume(`${directory}/${name}`);
  if (names.size === 0) fs.rmdirSync(directory);
}
