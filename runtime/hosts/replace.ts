// Putting another state in a host's place: that of a snapshot, or the empty one that it began with.
//
// One record names the host's subvolume, and is stored at once with the records of everything in it. So an engine that is
// killed at any moment leaves the old state or the new; the next one starts what it finds (`adopt.ts`), and removes the
// subvolume that no record names.

import { randomBytes } from 'node:crypto';
import { never, now } from '../containers/clock.ts';
import { Container, type ContainerRecord } from '../containers/container.ts';
import type { OwnImage } from '../images/own-images.ts';
import { deleteSubvolume } from '../kernel/btrfs.ts';
import { noEndpoints } from '../networks/endpoint.ts';
import { killedExitCode } from '../processes/exits.ts';
import { endHost } from './finish.ts';
import type { Host, HostRecord, RunningAgain } from './host.ts';
import { imagesKeptBy, runningIn } from './snapshots.ts';
import { begin } from './start.ts';

/** What is in a host, without its files. */
export interface HostState {
  readonly containers: readonly ContainerRecord[];
  readonly images: readonly OwnImage[];
  /** What runs at once. */
  readonly running: readonly RunningAgain[];
  readonly workspaceLayers: readonly string[] | null;
}

/** A name for another subvolume of this host. */
export function anotherSubvolume(host: Host): string {
  return `${host.id}-${randomBytes(4).toString('hex')}`;
}

/**
 * Ends everything in the host, without patience, and starts it anew with `subvolume`, which is ready, and `state`. The caller has
 * the host's turn. `alsoForgotten`: whether its snapshots' records go too.
 */
export async function replaceHost(
  host: Host,
  subvolume: string,
  state: HostState,
  options: { readonly forgetSnapshots: boolean },
): Promise<void> {
  const { engine } = host;
  host.save({ phase: 'replacing', startAgain: runningIn(host) });
  await endHost(host);
  const old = host.directory;
  become(host, subvolume, state, options.forgetSnapshots);
  try {
    deleteSubvolume(old);
  } catch (error) {
    engine.log.warn({ error, host: host.name }, 'what a host was before could not be removed; the next start will');
  }
  await begin(host);
}

/** The moment in which the host is the new one. */
function become(host: Host, subvolume: string, state: HostState, forgetSnapshots: boolean): void {
  const { engine, id } = host;
  const record: HostRecord = {
    ...host.record,
    subvolume,
    startAgain: state.running,
    workspaceLayers: state.workspaceLayers,
  };
  const containers = state.containers.map(ended);
  engine.records.replace(
    id,
    ['host', 'container', 'image', 'terminal', 'exec', ...(forgetSnapshots ? (['snapshot'] as const) : [])],
    [
      { kind: 'host', id, body: record },
      ...containers.map((container) => ({ kind: 'container' as const, id: container.id, body: container })),
      ...state.images.map((image) => ({ kind: 'image' as const, id: image.imageId, body: image })),
    ],
  );
  const needed = [...[...host.containers.values()].map((container) => container.record), ...imagesKeptBy(host)];
  for (const container of host.containers.values()) container.removed();
  for (const known of [host.containers, host.execs, host.terminals]) known.clear();
  if (forgetSnapshots) host.snapshots.clear();
  host.adoptRecord(record);
  for (const container of containers) host.containers.set(container.id, new Container(host, container));
  host.images.recall(needed.map(({ imageId }) => imageId));
}

/** A container's record as of one whose processes were killed. */
function ended(record: ContainerRecord): ContainerRecord {
  const { state } = record;
  if (state.status !== 'running' && state.status !== 'paused') return record;
  const at = state.startedAt === never ? never : now();
  const gone = { pid: 0, machinePid: 0, startTicks: 0, exitCode: killedExitCode, finishedAt: at, interrupted: true };
  return { ...record, endpoints: noEndpoints, ports: [], state: { ...state, ...gone, status: 'exited' } };
}
