// What a host holds beside its files. A noun that is added to `Holdings` is a type error here, in the snapshot's record and in
// `reset.ts`, in each function that does not handle it yet.

import { Container } from '../containers/container.ts';
import { type ContainerRecord, containerKind } from '../containers/container-record.ts';
import type { KeptImage } from '../images/image.ts';
import { ownImageKind } from '../images/own-images.ts';
import type { RecordKind } from '../store/record-kind.ts';
import { type NewRecord, newRecord } from '../store/records.ts';
import type { Host } from './host.ts';
import type { RunningAgain } from './host-record.ts';
import type { Holdings } from './snapshot-record.ts';

type EachNoun<T> = { readonly [Noun in keyof Holdings]: T };

/** What a new host holds. */
export const nothing: Holdings = { containers: [], images: [], running: [] };

/** The containers that run, with their endpoints and ports; where the host is stopped, those that its next start starts. */
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

/** The containers that run, and those that a start in progress had still to start. */
export function toStartAgain(host: Host): readonly RunningAgain[] {
  const running = runningIn(host);
  const ids = new Set(running.map(({ id }) => id));
  return [...running, ...host.record.startAgain.filter(({ id }) => !ids.has(id))];
}

/** What the host holds at this moment. */
export function holdingsNow(host: Host): Holdings {
  return {
    containers: [...host.containers.values()].map(({ record }) => record),
    images: host.images.stored(),
    running: runningIn(host),
  };
}

/**
 * Call it before the host's disk is copied, and the function that it returns after. Containers are created and removed
 * meanwhile: one that was not there all the time may be in the copy in part, and is left out.
 */
export function holdingsAcrossCopy(host: Host): () => Holdings {
  const before = new Map(host.containers);
  return () => {
    const now = holdingsNow(host);
    const stayed = ({ id }: { readonly id: string }): boolean => {
      const container = host.containers.get(id);
      return container !== undefined && before.get(id) === container && container.state.status !== 'removing';
    };
    return { ...now, containers: now.containers.filter(stayed), running: now.running.filter(stayed) };
  };
}

/** The images that are needed, so that the store keeps them. An image may occur more than once. */
export function imagesNeededBy({ containers, images }: Pick<Holdings, 'containers' | 'images'>): readonly KeptImage[] {
  const needed: EachNoun<readonly KeptImage[]> = {
    containers: containers.map(({ imageId }) => ({ imageId, broughtBytes: 0 })),
    images,
    running: [], // each is a container too
  };
  return Object.values(needed).flat();
}

const kinds: EachNoun<RecordKind<unknown> | null> = { containers: containerKind, images: ownImageKind, running: null };

/** The kinds of record that stand for what a host holds; all of a host's are replaced together. */
export const heldKinds = Object.values(kinds).filter((kind) => kind !== null);

/** The records that stand for it; `running` goes into the host's own. */
export function recordsOf({ containers, images }: Holdings): readonly NewRecord[] {
  const records: EachNoun<readonly NewRecord[]> = {
    containers: containers.map((container) => newRecord(containerKind, container.id, container)),
    images: images.map((image) => newRecord(ownImageKind, image.imageId, image)),
    running: [],
  };
  return Object.values(records).flat();
}

/** For a start of the engine: gives the host what its records say. */
export function loadHoldings(host: Host): void {
  const load: EachNoun<(() => void) | null> = {
    containers: () => addContainers(host, host.engine.records.list(containerKind, host.id)),
    images: null, // read with the host itself
    running: null, // in the host's own record
  };
  for (const act of Object.values(load)) act?.();
}

/** Puts `holdings` in the place of all that the host holds in memory; the records say so already. `needed` before is given up. */
export function becomeHoldings(host: Host, { containers }: Holdings, needed: readonly KeptImage[]): void {
  const become: EachNoun<(() => void) | null> = {
    containers: () => {
      for (const container of host.containers.values()) container.removed();
      host.containers.clear();
      addContainers(host, containers);
    },
    images: () => host.images.recall(needed.map(({ imageId }) => imageId)), // reads them from the records
    running: null, // in the host's own record
  };
  for (const act of Object.values(become)) act?.();
}

function addContainers(host: Host, records: readonly ContainerRecord[]): void {
  for (const record of records) host.containers.set(record.id, new Container(host, record));
}
