// Which mounts a new container has: of other containers, of the request and of its image, by moby's rules (`daemon/volumes.go`).

import { EngineError } from '../../errors.ts';
import { maxMountsPerContainer } from '../../limits.ts';
import type { ContainerHost } from '../container.ts';
import type { ContainerConfig } from '../container-record.ts';
import type { HostConfig } from '../host-config/table.ts';
import { bindSourceExists } from './bind-source.ts';
import { checkDestination, cleanPath } from './destination.ts';
import { type MountPoint, plainMount } from './mount-point.ts';
import { invalidMount, type MountSpec, parseMountSpec } from './mount-spec.ts';
import { parseVolumeSpec, parseVolumesFrom } from './volume-spec.ts';

interface Request {
  readonly hostConfig: Pick<HostConfig, 'Binds' | 'Mounts' | 'Tmpfs' | 'VolumeDriver' | 'VolumesFrom'>;
  readonly config: Pick<ContainerConfig, 'Volumes'>;
}

function duplicate(destination: string): EngineError {
  return new EngineError('invalid', `Duplicate mount point: ${destination}`);
}

/** Throws invalid where there is no such container: the CLI takes a 404 of create for a missing image, and pulls. */
function mountsOf(host: ContainerHost, container: string): readonly MountPoint[] {
  try {
    return host.findContainer(container).record.mounts;
  } catch (error) {
    throw new EngineError('invalid', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Makes the volumes that are not there. Throws invalid, notFound, exhausted, noSpace; what was made stays in `made` for the caller. */
export function chooseMounts(
  host: ContainerHost,
  { hostConfig, config }: Request,
  made: string[],
): readonly MountPoint[] {
  const { Binds, Mounts, Tmpfs, VolumeDriver, VolumesFrom } = hostConfig;
  const points = new Map<string, MountPoint>();
  const asked = new Set<string>();

  /** With the volume that it names, or a new one. */
  const withVolume = (point: MountPoint, given: MountSpec['VolumeOptions']): MountPoint => {
    if (point.type !== 'volume') return point;
    const config = given?.DriverConfig;
    const record = host.volumes.create({
      name: point.name || null,
      labels: given?.Labels ?? null,
      options: config?.Options && Object.keys(config.Options).length > 0 ? config.Options : null,
      driver: config?.Name || VolumeDriver,
    });
    if (point.name === '') made.push(record.name);
    return { ...point, name: record.name };
  };

  for (const spec of VolumesFrom ?? []) {
    const { container, readOnly } = parseVolumesFrom(spec);
    for (const point of mountsOf(host, container))
      points.set(point.destination, {
        ...point,
        readOnly: readOnly && point.readOnly === 'no' ? 'all' : point.readOnly,
        copies: false,
      });
  }
  for (const spec of Binds ?? []) {
    const point = parseVolumeSpec(spec);
    if (asked.has(point.destination) || Object.hasOwn(Tmpfs, point.destination)) throw duplicate(point.destination);
    points.set(point.destination, withVolume(point, null));
    asked.add(point.destination);
  }
  for (const spec of Mounts ?? []) {
    const point = parseMountSpec(spec);
    if (asked.has(point.destination)) throw duplicate(spec.Target ?? '');
    if (point.type === 'bind' && !point.makesSource && !bindSourceExists(host, point.source))
      throw invalidMount('bind', new EngineError('invalid', `bind source path does not exist: ${point.source}`));
    const known = point.type === 'image' ? { ...point, source: host.images.resolve(point.name).id } : point;
    points.set(point.destination, withVolume(known, spec.VolumeOptions));
    asked.add(point.destination);
  }
  for (const given of Object.keys(config.Volumes ?? {})) {
    const destination = cleanPath(`/${given}`);
    checkDestination(destination);
    // What the client wants there counts, and what comes of another container.
    if (points.has(destination) || Object.hasOwn(Tmpfs, destination)) continue;
    const point: MountPoint = { ...plainMount, type: 'volume', destination, anonymous: true, copies: true };
    points.set(destination, withVolume(point, null));
  }
  if (points.size > maxMountsPerContainer)
    throw new EngineError(
      'invalid',
      `${points.size} mounts are asked for, the most for one container is ${maxMountsPerContainer}`,
    );
  return [...points.values()];
}

/** The containers that have the volume, whether they run or not. */
export function usersOf(host: Pick<ContainerHost, 'containers'>, volume: string): string[] {
  return [...host.containers.values()]
    .filter(({ record }) => record.mounts.some(({ type, name }) => type === 'volume' && name === volume))
    .map(({ id }) => id);
}

/** Removes those of the volumes that no container uses. */
export async function removeUnused(host: ContainerHost, volumes: readonly string[]): Promise<void> {
  const unused = volumes.filter((name) => host.volumes.get(name) && usersOf(host, name).length === 0);
  await Promise.all(unused.map((name) => host.volumes.remove(name)));
}
