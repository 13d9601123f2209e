// A snapshot of a host as it is stored.

import { z } from 'zod';
import { buildKind } from '../build/build-record.ts';
import type { ImageBuild } from '../client-builds.ts';
import type { ImageMove } from '../client-traffic.ts';
import { type ContainerRecord, containerKind } from '../containers/container-record.ts';
import { moveKind } from '../images/move-record.ts';
import { type OwnImage, ownImageKind } from '../images/own-images.ts';
import { type NetworkRecord, networkKind } from '../networks/network-record.ts';
import { type KeptNamespace, keptNamespaceSchema } from '../registry/kept-namespace.ts';
import { type HeldRecord, heldRecord, holdRecord, type RecordKind, type Shape } from '../store/record-kind.ts';
import { type VolumeRecord, volumeKind } from '../volumes/volume-record.ts';
import { type RunningAgain, runningAgainSchema, runningVersion0 } from './host-record.ts';

/** What a host holds beside its files, as a snapshot keeps it and as it is put in the place of what the host held before. */
export interface Holdings {
  readonly containers: readonly ContainerRecord[];
  readonly images: readonly OwnImage[];
  /** Those that the student made. */
  readonly networks: readonly NetworkRecord[];
  readonly volumes: readonly VolumeRecord[];
  /** The images that it has pushed and pulled. */
  readonly moves: readonly ImageMove[];
  /** What it has built. */
  readonly builds: readonly ImageBuild[];
  /** The containers that run. They stand in the host's own record; all else has records of its own, stored at each change. */
  readonly running: readonly RunningAgain[];
}

/** A subvolume that no such record names is half made or half removed; the next start of the engine removes it. */
export interface SnapshotRecord extends Holdings {
  readonly id: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Name in the directory of the host's snapshots. */
  readonly subvolume: string;
  /** What the lab had on the hub; null where the account is not the lab's alone, or has too much there. */
  readonly hub: KeptNamespace | null;
}

/** In version 0 the records in a snapshot had no version of their own: they are of version 0. */
const version0 = z
  .looseObject({ containers: z.array(z.unknown()), images: z.array(z.unknown()), running: z.array(runningVersion0) })
  .transform((old) => ({ ...old, containers: old.containers.map(unversioned), images: old.images.map(unversioned) }));

function unversioned(body: unknown): HeldRecord {
  return { v: 0, body };
}

/** No host had a volume. */
const version1 = z.looseObject({}).transform((old) => ({ volumes: [], ...old }));

export const snapshotKind: RecordKind<SnapshotRecord> = {
  name: 'snapshot',
  schema: z.object({
    id: z.string(),
    createdAt: z.string(),
    subvolume: z.string(),
    containers: z.array(heldRecord(containerKind)),
    images: z.array(heldRecord(ownImageKind)),
    networks: z.array(heldRecord(networkKind)).default([]), // engines before had none
    volumes: z.array(heldRecord(volumeKind)),
    hub: keptNamespaceSchema.nullable().default(null),
    moves: z.array(heldRecord(moveKind)).default([]), // engines before remembered none
    builds: z.array(heldRecord(buildKind)).default([]), // as above
    running: z.array(runningAgainSchema),
  } satisfies Shape<SnapshotRecord>),
  write: ({ id, createdAt, subvolume, hub, containers, images, networks, volumes, moves, builds, running }) =>
    ({
      id,
      createdAt,
      subvolume,
      hub,
      containers: containers.map((container) => holdRecord(containerKind, container)),
      images: images.map((image) => holdRecord(ownImageKind, image)),
      networks: networks.map((network) => holdRecord(networkKind, network)),
      volumes: volumes.map((volume) => holdRecord(volumeKind, volume)),
      moves: moves.map((move) => holdRecord(moveKind, move)),
      builds: builds.map((build) => holdRecord(buildKind, build)),
      running,
    }) satisfies Record<keyof SnapshotRecord, unknown>,
  upgrades: [(body) => version0.parse(body), (body) => version1.parse(body)],
};
