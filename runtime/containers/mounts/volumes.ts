// What is told of a host's volumes, which of them a client wants, and which nobody needs any more.

import fs from 'node:fs';
import { EngineError } from '../../errors.ts';
import { pathOf } from '../../kernel/beneath.ts';
import { sizeOfTree } from '../../kernel/tree-size.ts';
import { maxSizedEntries } from '../../limits.ts';
import { namePattern } from '../../patterns/pattern.ts';
import type { VolumeRecord } from '../../volumes/volume-record.ts';
import { anonymousLabel, volumeDriver } from '../../volumes/volumes.ts';
import { WorkBudget } from '../../work-budget.ts';
import type { ContainerHost } from '../container.ts';
import { type Filters, flagFilter, matchLabels, matchPruneLabels } from '../filters.ts';
import { usersOf } from './choose-mounts.ts';
import { mountpointOf } from './mount-point.ts';

export const volumeFilterKeys = ['dangling', 'driver', 'label', 'name'];
export const volumePruneKeys = ['all', 'label', 'label!'];

/** In the order of their names, as Go writes maps. */
function sorted(texts: Readonly<Record<string, string>> | null): object | null {
  return texts && Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The body of `GET /volumes/X`. */
export function shownVolume({ name, createdAt, labels, options }: VolumeRecord): object {
  return {
    CreatedAt: createdAt,
    Driver: volumeDriver,
    Labels: sorted(labels),
    Mountpoint: mountpointOf(name),
    Name: name,
    Options: sorted(options),
    Scope: 'local',
  };
}

/** Those that the filters choose. Throws invalid, in moby's words. */
export function listVolumes(host: ContainerHost, filters: Filters): readonly VolumeRecord[] {
  const any = (key: string, test: (value: string) => boolean): boolean => {
    const values = filters.get(key);
    return values === undefined || values.length === 0 || values.some(test);
  };
  const dangling = flagFilter(filters, 'dangling');
  const budget = new WorkBudget();
  return host.volumes
    .all()
    .filter(
      ({ name, labels }) =>
        any('name', (value) => namePattern(value, budget)(name)) &&
        any('driver', (value) => value === volumeDriver) &&
        matchLabels(filters.get('label'), labels ?? {}) &&
        (dangling === null || (usersOf(host, name).length === 0) === dangling),
    );
}

async function bytesOf(host: ContainerHost, name: string): Promise<number> {
  const fd = host.volumes.open(name);
  try {
    return (await sizeOfTree(`${pathOf(fd)}/.`, maxSizedEntries)).bytes;
  } finally {
    fs.closeSync(fd);
  }
}

/** Of `GET /system/df`: those with files on the disk, as Docker has it. */
export async function volumesWithSizes(host: ContainerHost): Promise<object[]> {
  const onDisk = host.volumes.all().filter(({ options }) => options === null);
  return await Promise.all(
    onDisk.map(async (record) => {
      const usage = {
        RefCount: usersOf(host, record.name).length,
        Size: await bytesOf(host, record.name).catch(() => -1),
      };
      return { ...shownVolume(record), UsageData: usage };
    }),
  );
}

/** Whether `docker volume prune --all` is meant. Throws invalid, in moby's words. */
function meansAll(filters: Filters): boolean {
  const [value, another] = filters.get('all') ?? [];
  if (another !== undefined)
    throw new EngineError(
      'invalid',
      `invalid filter 'all=[${(filters.get('all') ?? []).join(' ').slice(0, 80)}]': only one value is expected`,
    );
  if (value === undefined) return false;
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  const given = JSON.stringify(value.slice(0, 40));
  throw new EngineError('invalid', `invalid filter 'all': strconv.ParseBool: parsing ${given}: invalid syntax`);
}

/** Removes those that no container has: with the filter `all` every one, else those that were made without a name. */
export async function pruneVolumes(host: ContainerHost, filters: Filters): Promise<object> {
  const all = meansAll(filters);
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const { name, labels, options } of host.volumes.all()) {
    const isAnonymous = Object.hasOwn(labels ?? {}, anonymousLabel);
    if (options !== null || !(all || isAnonymous) || !matchPruneLabels(filters, labels ?? {})) continue;
    if (usersOf(host, name).length > 0) continue;
    const bytes = await bytesOf(host, name).catch(() => 0);
    // Used, or gone, meanwhile: then it is no candidate any more.
    if (!host.volumes.get(name) || usersOf(host, name).length > 0) continue;
    await host.volumes.remove(name);
    deleted.push(name);
    reclaimed += bytes;
  }
  host.events.emit('volume', 'prune', '', { reclaimed: String(reclaimed) });
  return { VolumesDeleted: deleted, SpaceReclaimed: reclaimed };
}
