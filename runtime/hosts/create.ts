// Making a host: a range of IDs, a subvolume, a cgroup, a workspace, sockets. Undone whole where a step fails.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { HostLimits } from '../client.ts';
import type { Engine } from '../engine.ts';
import { at, EngineError } from '../errors.ts';
import { EventLog } from '../events.ts';
import { createSubvolume } from '../kernel/btrfs.ts';
import { maxNameLength } from '../limits.ts';
import { Host, type HostRecord } from './host.ts';
import { removeHost } from './remove.ts';
import { startHost } from './start.ts';
import { takeUidRange } from './uids.ts';

/** A host object for `record`, known to the engine. */
export function hostOf(engine: Engine, record: HostRecord): Host {
  const events = new EventLog();
  const host: Host = new Host(engine, record, {
    events,
    images: engine.images.forHost({
      hostId: record.id,
      usedImages: () =>
        [...host.containers.values()].map((container) => ({
          containerId: container.id,
          imageId: container.record.imageId,
          running: container.running,
        })),
      emit: ({ action, id, name }) => events.emit('image', action, id, { name }),
    }),
  });
  engine.hosts.set(record.name, host);
  return host;
}

/** Throws invalid (name), conflict (name taken), exhausted (no UID range left), noSpace. */
export async function createHost(engine: Engine, name: string, limits: Partial<HostLimits> = {}): Promise<Host> {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > maxNameLength) {
    throw new EngineError(
      'invalid',
      `host name "${name}" must be 1 to ${maxNameLength} of a-z, 0-9 and -, with - only inside`,
    );
  }
  if (engine.hosts.has(name)) throw new EngineError('conflict', `there is already a host "${name}"`);
  const taken = new Set([...engine.hosts.values()].map((host) => host.record.uidBase));
  const record: HostRecord = {
    id: randomBytes(6).toString('hex'),
    name,
    createdAt: new Date().toISOString(),
    phase: 'creating',
    uidBase: takeUidRange(engine.settings, taken),
    limits: { ...engine.settings.hostLimits, ...limits },
    workspaceLayers: null,
    pid: 0,
    startTicks: 0,
  };
  const host = hostOf(engine, record);
  try {
    host.save({});
    createSubvolume(host.directory, record.limits.diskBytes);
    fs.chmodSync(host.directory, 0o700);
    await startHost(host);
    host.save({ phase: 'whole' });
    return host;
  } catch (error) {
    await removeHost(host);
    throw at(`create host ${name}`, error);
  }
}
