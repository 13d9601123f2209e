// Replaces the state of a host: with that of a snapshot, or with the empty state of a new host.
//
// The host's record names its subvolume, and one transaction stores it together with the records of everything in the host. So
// an engine that is killed at any moment leaves the old state or the new one. The next engine starts the one that it finds
// (`adopt.ts`), and removes the subvolume that no record names.

import { randomBytes } from 'node:crypto';
import { type AccessRecord, accessKind } from '../access/access-record.ts';
import { never, now } from '../containers/clock.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import { deleteSubvolume } from '../kernel/btrfs.ts';
import { noEndpoints } from '../networks/endpoint.ts';
import { killedExitCode } from '../processes/exits.ts';
import { newRecord } from '../store/records.ts';
import { endHost } from './finish.ts';
import { becomeHoldings, heldKinds, holdingsNow, imagesNeededBy, recordsOf, runningIn } from './holdings.ts';
import type { Host } from './host.ts';
import { type HostRecord, hostKind } from './host-record.ts';
import { type Holdings, snapshotKind } from './snapshot-record.ts';
import { imagesKeptBy } from './snapshots.ts';
import { startStoppedHost } from './start.ts';
import { terminalKind } from './terminal-record.ts';

export interface ReplaceOptions {
  /** The layers that the workspace in the new subvolume stands on; null for those of its image. */
  readonly workspaceLayers: readonly string[] | null;
  /** Whether the records of the host's snapshots are deleted too. */
  readonly forgetSnapshots: boolean;
  /** The ways to the host's API, with their secrets, from then on. */
  readonly access: AccessRecord | null;
}

/** A name for a new subvolume of this host. */
export function anotherSubvolume(host: Host): string {
  return `${host.id}-${randomBytes(4).toString('hex')}`;
}

/**
 * Kills every process of the host, and starts the host with `subvolume`, which is ready, and with `holdings`. The caller holds
 * the host's lock. `beforeStart` is called when nothing of the host runs; it must not throw.
 */
export async function replaceHost(
  host: Host,
  subvolume: string,
  holdings: Holdings,
  { beforeStart, ...options }: ReplaceOptions & { readonly beforeStart?: () => Promise<void> },
): Promise<void> {
  const { engine } = host;
  host.save({ phase: 'replacing', startAgain: runningIn(host) });
  await endHost(host);
  await beforeStart?.();
  const old = host.directory;
  swapHoldings(host, subvolume, asEnded(holdings), options);
  try {
    await deleteSubvolume(old);
  } catch (error) {
    engine.log.warn(
      { error, host: host.name },
      'the old subvolume of a host could not be removed; the next start of the engine removes it',
    );
  }
  await startStoppedHost(host);
}

/** Stores the new state and takes it over in memory. The host has the new state from this transaction on. */
function swapHoldings(
  host: Host,
  subvolume: string,
  holdings: Holdings,
  { workspaceLayers, forgetSnapshots, access }: ReplaceOptions,
): void {
  const { engine, id } = host;
  const record: HostRecord = { ...host.record, subvolume, startAgain: holdings.running, workspaceLayers };
  engine.records.replace(
    id,
    [hostKind, accessKind, ...heldKinds, terminalKind, ...(forgetSnapshots ? [snapshotKind] : [])],
    [newRecord(hostKind, id, record), ...(access ? [newRecord(accessKind, id, access)] : []), ...recordsOf(holdings)],
  );
  const needed = [...imagesNeededBy(holdingsNow(host)), ...imagesKeptBy(host)];
  host.execs.clear();
  host.terminals.clear();
  if (forgetSnapshots) host.snapshots.clear();
  host.adoptRecord(record);
  host.access = access;
  becomeHoldings(host, holdings, needed);
}

/** As of a host whose processes were killed. */
function asEnded(holdings: Holdings): Holdings {
  return { ...holdings, containers: holdings.containers.map(ended) };
}

/** The record of a container after its processes were killed. */
function ended(record: ContainerRecord): ContainerRecord {
  const { state } = record;
  if (!['running', 'paused', 'restarting'].includes(state.status)) return record;
  const at = state.startedAt === never ? never : now();
  const gone = { pid: 0, machinePid: 0, startTicks: 0, exitCode: killedExitCode, finishedAt: at, interrupted: true };
  return { ...record, endpoints: noEndpoints, ports: [], state: { ...state, ...gone, status: 'exited' } };
}
