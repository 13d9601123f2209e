// Creates a host: a range of UIDs, a subvolume, a cgroup, a workspace, sockets. Where a step fails, removes all of it again.

import { randomBytes } from 'node:crypto';
import { accessKind } from '../access/access-record.ts';
import { BuildLog } from '../build/build-log.ts';
import { buildKind } from '../build/build-record.ts';
import type { HostLimits, HostOptions } from '../client.ts';
import { imagesOf } from '../containers/mounts/mount-point.ts';
import type { Engine } from '../engine.ts';
import { at, EngineError } from '../errors.ts';
import { EventLog } from '../events.ts';
import { defaultWorkspace } from '../images/image.ts';
import { moveKind } from '../images/move-record.ts';
import { Traffic } from '../images/traffic.ts';
import { maxNameLength } from '../limits.ts';
import { createDisk } from './disk.ts';
import { Host } from './host.ts';
import type { HostRecord } from './host-record.ts';
import { hubAccountFor } from './hub-account.ts';
import { placeOn, writeHostNames } from './link.ts';
import { accessFor } from './open-access.ts';
import { reachOf } from './reach.ts';
import { removeHost } from './remove.ts';
import { snapshotKind } from './snapshot-record.ts';
import { imagesKeptBy, isKept } from './snapshots.ts';
import { startHost } from './start.ts';
import { takeUidRange } from './uids.ts';
import { workshopName } from './workshop-name.ts';
import { defaultHostname } from './workspace.ts';

/** The host of a record, with its stored snapshots. The engine knows the host from then on. */
export function hostOf(engine: Engine, record: HostRecord): Host {
  const events = new EventLog();
  const traffic = new Traffic({
    put: (move) => {
      // One that ends with the host leaves nothing behind.
      if (engine.hosts.get(record.name) === host) engine.records.put(moveKind, record.id, String(move.id), move);
    },
    delete: (id) => engine.records.delete(moveKind, record.id, String(id)),
  });
  const buildLog = new BuildLog({
    put: (build) => {
      if (engine.hosts.get(record.name) === host) engine.records.put(buildKind, record.id, String(build.id), build);
    },
    delete: (id) => engine.records.delete(buildKind, record.id, String(id)),
  });
  const host: Host = new Host(engine, record, {
    events,
    traffic,
    buildLog,
    images: engine.images.forHost({
      hostId: record.id,
      usedImages: () =>
        [...host.containers.values()].flatMap((container) =>
          imagesOf(container.record).map((imageId) => ({
            containerId: container.id,
            imageId,
            running: container.active,
          })),
        ),
      needsImage: (imageId) =>
        host.containers.values().some((container) => imagesOf(container.record).includes(imageId)) ||
        isKept(host, imageId),
      keptImages: () => imagesKeptBy(host),
      emit: ({ action, id, name }) => events.emit('image', action, id, { name }),
      reach: () => reachOf(host),
      hubAccount: () => host.record.hubAccount?.name ?? null,
      traffic,
    }),
  });
  for (const snapshot of engine.records.list(snapshotKind, record.id)) {
    host.snapshots.set(snapshot.id, snapshot);
  }
  [host.access = null] = engine.records.get(accessKind, record.id, record.id);
  engine.hosts.set(record.name, host);
  return host;
}

/**
 * Throws invalid (name, ways to the API without a link), conflict (name or hostname taken), exhausted (no UID range left), noSpace, notFound or unavailable
 * (workspace image).
 */
export async function createHost(engine: Engine, name: string, options: HostOptions = {}): Promise<Host> {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > maxNameLength) {
    throw new EngineError(
      'invalid',
      `host name "${name}" must be 1 to ${maxNameLength} of a-z, 0-9 and -, with - only inside`,
    );
  }
  if (engine.hosts.has(name)) throw new EngineError('conflict', `there is already a host "${name}"`);
  const hostname = options.hostname ?? defaultHostname;
  const link = options.link === undefined ? null : placeOn(engine, options.link, hostname);
  const record: HostRecord = {
    ...newRecord(engine, name),
    limits: { ...engine.settings.hostLimits, ...options.limits },
    workspace: options.workspace ?? defaultWorkspace,
    hostname,
    link,
    egress: options.egress ?? 'none',
    hubAccount: hubAccountFor(engine, options, link),
  };
  return await makeHost(engine, record, options.api ?? []);
}

/** The host in which the engine builds images: one more, that is told to nobody, with these limits. Throws as `createHost`. */
export async function createWorkshopHost(engine: Engine, limits: HostLimits, workspace: string): Promise<Host> {
  const record = newRecord(engine, workshopName, { fromLast: true });
  return await makeHost(engine, { ...record, limits, workspace, hostname: 'workshop' }, []);
}

function newRecord(engine: Engine, name: string, { fromLast = false } = {}): HostRecord {
  const taken = new Set([...engine.hosts.values()].map((host) => host.record.uidBase));
  const id = randomBytes(6).toString('hex');
  return {
    id,
    name,
    subvolume: id,
    createdAt: new Date().toISOString(),
    phase: 'creating',
    uidBase: takeUidRange(engine.settings, taken, { again: engine.records.complete, fromLast }),
    limits: engine.settings.hostLimits,
    workspace: defaultWorkspace,
    hostname: defaultHostname,
    link: null,
    egress: 'none',
    hubAccount: null,
    startAgain: [],
    returns: false,
    workspaceLayers: null,
    pid: 0,
    startTicks: 0,
  };
}

/** Removes again what is there of it where it cannot be made. */
async function makeHost(engine: Engine, record: HostRecord, api: NonNullable<HostOptions['api']>): Promise<Host> {
  const { id, name, link } = record;
  const host = hostOf(engine, record);
  try {
    host.save({});
    host.access = await accessFor(record, api);
    if (host.access) engine.records.put(accessKind, id, id, host.access);
    await createDisk(host, record.subvolume);
    await startHost(host);
    host.save({ phase: 'whole' });
    if (link) writeHostNames(engine, link.name);
    return host;
  } catch (error) {
    await removeHost(host);
    throw at(`create host ${name}`, error);
  }
}
