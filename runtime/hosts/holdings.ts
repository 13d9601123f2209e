// What a host holds beside its files. A noun (such as volumes) that is added to the type `Holdings` is a type error here and in
// snapshot-record.ts, in each place that does not handle it yet.

import { buildKind } from '../build/build-record.ts';
import { Container } from '../containers/container.ts';
import { type ContainerRecord, containerKind } from '../containers/container-record.ts';
import { imagesOf } from '../containers/mounts/mount-point.ts';
import { shownContainers } from '../containers/shown.ts';
import type { KeptImage } from '../images/image.ts';
import { moveKind } from '../images/move-record.ts';
import { ownImageKind } from '../images/own-images.ts';
import { madeNetworks, networkOfRecord, predefinedNetworks } from '../networks/network.ts';
import { type NetworkRecord, networkKind } from '../networks/network-record.ts';
import type { RecordKind } from '../store/record-kind.ts';
import { type NewRecord, newRecord } from '../store/records.ts';
import { volumeKind } from '../volumes/volume-record.ts';
import type { Host } from './host.ts';
import type { RunningAgain } from './host-record.ts';
import type { Holdings } from './snapshot-record.ts';

type EachNoun<T> = { readonly [Noun in keyof Holdings]: T };

/** What a new host holds. */
export const nothing: Holdings = {
  containers: [],
  images: [],
  networks: [],
  volumes: [],
  moves: [],
  builds: [],
  running: [],
};

/** The containers that run or are about to be restarted, with their endpoints and ports; where the host is stopped, those that its next start starts. */
export function runningIn(host: Host): readonly RunningAgain[] {
  if (!host.running) return host.record.startAgain;
  const containers = shownContainers(host).filter(({ active }) => active);
  return containers.map(({ id, record, state, keptEndpoints }) => ({
    id,
    endpoints: state.status === 'restarting' ? keptEndpoints : record.endpoints,
    ports: record.ports,
    paused: state.status === 'paused',
  }));
}

/** The containers that run, and those that a start in progress had still to start. */
export function toStartAgain(host: Host): readonly RunningAgain[] {
  const running = runningIn(host);
  const ids = new Set(running.map(({ id }) => id));
  return [...running, ...host.record.startAgain.filter(({ id }) => !ids.has(id))];
}

/** What the host holds at this moment. */
export function holdingsNow(host: Host): Holdings {
  return {
    containers: shownContainers(host).map(({ record }) => record),
    images: host.images.stored(),
    networks: madeNetworks(host.networks),
    volumes: host.volumes.all(),
    moves: host.traffic.ended(),
    builds: host.buildLog.ended(),
    running: runningIn(host),
  };
}

/**
 * Call it before the host's disk is copied, and the function that it returns after. Containers and volumes are created and removed
 * meanwhile: one that was not there all the time may be in the copy in part, and is left out. A container that stays has its
 * volumes: they were made before it, and are not removed while it has them.
 */
export function holdingsAcrossCopy(host: Host): () => Holdings {
  const before = new Map([...host.containers].filter(([, { unmade }]) => !unmade));
  const volumesBefore = new Set(host.volumes.all());
  return () => {
    const now = holdingsNow(host);
    const stayed = ({ id }: { readonly id: string }): boolean => {
      const container = host.containers.get(id);
      return container !== undefined && before.get(id) === container && container.state.status !== 'removing';
    };
    return {
      ...now,
      containers: now.containers.filter(stayed),
      volumes: now.volumes.filter((volume) => volumesBefore.has(volume)),
      running: now.running.filter(stayed),
    };
  };
}

/** The images that are needed, so that the store keeps them. An image may occur more than once. */
export function imagesNeededBy({ containers, images }: Pick<Holdings, 'containers' | 'images'>): readonly KeptImage[] {
  const needed: EachNoun<readonly KeptImage[]> = {
    containers: containers.flatMap(imagesOf).map((imageId) => ({ imageId, broughtBytes: 0 })),
    images,
    networks: [],
    volumes: [],
    moves: [],
    builds: [],
    running: [], // each is a container too
  };
  return Object.values(needed).flat();
}

const kinds: EachNoun<RecordKind<unknown> | null> = {
  containers: containerKind,
  images: ownImageKind,
  networks: networkKind,
  volumes: volumeKind,
  moves: moveKind,
  builds: buildKind,
  running: null,
};

/** The kinds of record that stand for what a host holds; all of a host's are replaced together. */
export const heldKinds = Object.values(kinds).filter((kind) => kind !== null);

/** The records that stand for it; `running` goes into the host's own. */
export function recordsOf({ containers, images, networks, volumes, moves, builds }: Holdings): readonly NewRecord[] {
  const records: EachNoun<readonly NewRecord[]> = {
    containers: containers.map((container) => newRecord(containerKind, container.id, container)),
    images: images.map((image) => newRecord(ownImageKind, image.imageId, image)),
    networks: networks.map((network) => newRecord(networkKind, network.id, network)),
    volumes: volumes.map((volume) => newRecord(volumeKind, volume.name, volume)),
    moves: moves.map((move) => newRecord(moveKind, String(move.id), move)),
    builds: builds.map((build) => newRecord(buildKind, String(build.id), build)),
    running: [],
  };
  return Object.values(records).flat();
}

/** For a start of the engine: gives the host what its records say. */
export function loadHoldings(host: Host): void {
  const load: EachNoun<(() => void) | null> = {
    containers: () => addContainers(host, host.engine.records.list(containerKind, host.id)),
    images: null, // read with the host itself
    networks: () => addNetworks(host, host.engine.records.list(networkKind, host.id)),
    volumes: () => host.volumes.become(host.engine.records.list(volumeKind, host.id)),
    moves: () => host.traffic.become(host.engine.records.list(moveKind, host.id)),
    builds: () => host.buildLog.become(host.engine.records.list(buildKind, host.id)),
    running: null, // in the host's own record
  };
  for (const act of Object.values(load)) act?.();
}

/** Puts `holdings` in the place of all that the host holds in memory; the records say so already. `needed` before is given up. */
export function becomeHoldings(
  host: Host,
  { containers, networks, volumes, moves, builds }: Holdings,
  needed: readonly KeptImage[],
): void {
  const become: EachNoun<(() => void) | null> = {
    containers: () => {
      for (const container of host.containers.values()) container.removed();
      host.containers.clear();
      addContainers(host, containers);
    },
    images: () => host.images.recall(needed.map(({ imageId }) => imageId)), // reads them from the records
    networks: () => {
      host.networks.clear();
      for (const [name, network] of predefinedNetworks(host.id, host.record.createdAt))
        host.networks.set(name, network);
      addNetworks(host, networks);
    },
    volumes: () => host.volumes.become(volumes),
    moves: () => host.traffic.become(moves),
    builds: () => host.buildLog.become(builds),
    running: null, // in the host's own record
  };
  for (const act of Object.values(become)) act?.();
}

function addContainers(host: Host, records: readonly ContainerRecord[]): void {
  for (const record of records) host.containers.set(record.id, new Container(host, record));
}

function addNetworks(host: Host, records: readonly NetworkRecord[]): void {
  for (const record of records) host.networks.set(record.name, networkOfRecord(record));
}
