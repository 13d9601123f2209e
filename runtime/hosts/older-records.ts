// What engines before this one stored, in today's shape. A record of today's shape is left as it is.

import type { ContainerRecord } from '../containers/container.ts';
import { defaultWorkspace } from '../images/image.ts';
import { defaultBridge } from '../networks/bridge.ts';
import { type Endpoint, type Endpoints, noEndpoints } from '../networks/endpoint.ts';
import type { HostRecord, RunningAgain } from './host.ts';
import type { LinkPlace } from './link.ts';
import type { SnapshotRecord } from './snapshots.ts';
import { defaultHostname } from './workspace.ts';

/** A container had one endpoint, in the default bridge network, or null. */
type OneEndpoint<Today extends { readonly endpoints: Endpoints }> = Omit<Today, 'endpoints'> & {
  readonly endpoint?: Endpoint | null;
  readonly endpoints?: Endpoints;
};

export type StoredContainer = OneEndpoint<ContainerRecord>;
type StoredRunning = OneEndpoint<RunningAgain>;
/** An engine that had no choice of these did this. */
const wasSo = { workspace: defaultWorkspace, hostname: defaultHostname, returns: false };
/** The link between the hosts of a lab was called a network. */
export type StoredHost = Omit<HostRecord, 'link' | 'startAgain' | 'subvolume' | keyof typeof wasSo> & {
  readonly link?: LinkPlace | null;
  readonly network?: LinkPlace | null;
  readonly startAgain?: readonly StoredRunning[];
} & Partial<Pick<HostRecord, 'subvolume' | keyof typeof wasSo>>;
export type StoredSnapshot = Omit<SnapshotRecord, 'containers' | 'running'> & {
  readonly containers: readonly StoredContainer[];
  readonly running: readonly StoredRunning[];
};

function endpointsOf(stored: { readonly endpoint?: Endpoint | null; readonly endpoints?: Endpoints }): Endpoints {
  return stored.endpoints ?? (stored.endpoint ? { [defaultBridge.network]: stored.endpoint } : noEndpoints);
}

export function todaysContainer(stored: StoredContainer): ContainerRecord {
  const { endpoint: _, ...record } = stored;
  return { ...record, endpoints: endpointsOf(stored) };
}

function todaysRunning(stored: StoredRunning): RunningAgain {
  const { endpoint: _, ...running } = stored;
  return { ...running, endpoints: endpointsOf(stored) };
}

export function todaysHost({ network = null, startAgain = [], ...record }: StoredHost): HostRecord {
  return {
    ...wasSo,
    subvolume: record.id,
    link: network,
    ...record,
    startAgain: startAgain.map(todaysRunning),
  };
}

export function todaysSnapshot(stored: StoredSnapshot): SnapshotRecord {
  return {
    ...stored,
    containers: stored.containers.map(todaysContainer),
    running: stored.running.map(todaysRunning),
  };
}
