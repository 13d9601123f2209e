// Snapshots of a host: its subvolume as it was at one moment, and with it everything that the records say of what is in it.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { SnapshotInfo } from '../client.ts';
import type { ContainerRecord } from '../containers/container.ts';
import { EngineError } from '../errors.ts';
import type { KeptImage } from '../images/image.ts';
import type { OwnImage } from '../images/own-images.ts';
import { deleteSubvolume, snapshotSubvolume } from '../kernel/btrfs.ts';
import { maxSnapshotsPerHost } from '../limits.ts';
import type { Host, RunningAgain } from './host.ts';

/** As stored. A subvolume that no such record names is half made, or half removed, and goes. */
export interface SnapshotRecord {
  readonly id: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Name in the directory of the host's snapshots. */
  readonly subvolume: string;
  readonly containers: readonly ContainerRecord[];
  readonly images: readonly OwnImage[];
  readonly running: readonly RunningAgain[];
}

export function snapshotInfo({ id, createdAt, running }: SnapshotRecord): SnapshotInfo {
  return { id, createdAt, containersRunning: running.length };
}

/** What runs now, and where; what was to run again where the host is stopped. */
export function runningIn(host: Host): readonly RunningAgain[] {
  if (!host.running) return host.record.startAgain;
  const containers = [...host.containers.values()].filter(({ running }) => running);
  return containers.map(({ id, record, state }) => ({
    id,
    endpoints: record.endpoints,
    ports: record.ports,
    paused: state.status === 'paused',
  }));
}

/** What runs, and what was still to be started again when the host ended. */
export function toStartAgain(host: Host): readonly RunningAgain[] {
  const running = runningIn(host);
  const ids = new Set(running.map(({ id }) => id));
  return [...running, ...host.record.startAgain.filter(({ id }) => !ids.has(id))];
}

/** The images that a host's snapshots need, so that the store keeps them. */
export function imagesKeptBy(host: Host): KeptImage[] {
  return [...host.snapshots.values()].flatMap(({ containers, images }) => [
    ...images,
    ...containers.map(({ imageId }) => ({ imageId, broughtBytes: 0 })),
  ]);
}

/** The images of each snapshot: a record is never changed. */
const imagesOf = new WeakMap<SnapshotRecord, ReadonlySet<string>>();

/** Whether a snapshot of the host needs the image. */
export function isKept(host: Host, imageId: string): boolean {
  return host.snapshots.values().some((snapshot) => {
    const known =
      imagesOf.get(snapshot) ?? new Set([...snapshot.images, ...snapshot.containers].map((one) => one.imageId));
    imagesOf.set(snapshot, known);
    return known.has(imageId);
  });
}

/**
 * Keeps the host as it is now, under `id`; what had that id is replaced. Whole once its record is stored, and until then not
 * there. Throws exhausted, noSpace.
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
    const before = new Map(host.containers);
    await snapshotSubvolume(host.directory, path, {
      readonly: true,
      group: host.diskGroup,
      lock: host.engine.paths.copying,
    });
    // Containers are made and removed meanwhile: what was not there all the time may be on the disk in part.
    const stayed = [...host.containers.values()].filter(
      (container) => before.get(container.id) === container && container.state.status !== 'removing',
    );
    const ids = new Set(stayed.map((container) => container.id));
    const record: SnapshotRecord = {
      id,
      createdAt: new Date().toISOString(),
      subvolume,
      containers: stayed.map((container) => container.record),
      images: host.images.stored(),
      running: runningIn(host).filter((running) => ids.has(running.id)),
    };
    host.engine.records.put('snapshot', host.id, id, record);
    host.snapshots.set(id, record);
    if (replaced) deleteSubvolume(`${host.snapshotsDirectory}/${replaced.subvolume}`);
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
    host.engine.records.delete('snapshot', host.id, id);
    host.snapshots.delete(id);
    deleteSubvolume(`${host.snapshotsDirectory}/${snapshot.subvolume}`);
    host.images.recall([...snapshot.images, ...snapshot.containers].map(({ imageId }) => imageId));
  });
}

/** Removes the subvolumes that none of `kept` names: all of them where none is left. Idempotent. */
export function discardSnapshots(directory: string, kept: readonly SnapshotRecord[]): void {
  if (!fs.existsSync(directory)) return;
  const names = new Set(kept.map(({ subvolume }) => subvolume));
  for (const name of fs.readdirSync(directory)) if (!names.has(name)) deleteSubvolume(`${directory}/${name}`);
  if (names.size === 0) fs.rmdirSync(directory);
}
