// Which cgroups the machine has: version 2, version 1, or some of each, and the controllers that limit a host.

import { existsSync, readFileSync } from 'node:fs';
import { mountPoints } from '../mount-points.ts';
import { type Finding, good, lacking, poor } from './finding.ts';

const needed = ['memory', 'cpu', 'pids'];
/** `docker pause` and limits on disk traffic. */
const wanted = ['freezer', 'blkio'];

export interface CgroupTree {
  readonly version: 'v1' | 'v2' | 'hybrid';
  readonly controllers: readonly string[];
}

/** Null where none is mounted. `proc` lines are those of /proc/cgroups: name, hierarchy (0 where version 2 has it), count, enabled. */
export function describeCgroups(proc: string, v2Controllers: string | null, v1Mounted: boolean): CgroupTree | null {
  const inV1 = proc
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(/\s+/))
    .filter(([, hierarchy, , enabled]) => hierarchy !== '0' && enabled === '1')
    .map(([name = '']) => name);
  const inV2 = (v2Controllers ?? '').split(/\s+/).filter(Boolean);
  if (v1Mounted && inV1.length > 0) {
    return { version: v2Controllers === null ? 'v1' : 'hybrid', controllers: inV1 };
  }
  // Version 2 freezes without a controller, and its `io` is version 1's blkio.
  return v2Controllers === null
    ? null
    : { version: 'v2', controllers: [...inV2.map((name) => (name === 'io' ? 'blkio' : name)), 'freezer'] };
}

/**
 * How long a process takes into another group. `features` is /sys/kernel/cgroup/features, `options` are those of the version 2
 * tree at `path`; the kernel's own words are in its cgroup-v2 documentation, favordynmods.
 */
export function describeMoves(features: string, options: readonly string[], path: string): Finding | null {
  if (!features.split('\n').includes('favordynmods')) return null; // before Linux 6.0 nothing can be done
  const name = 'cgroup moves';
  if (options.includes('favordynmods')) return good(name, 'at once');
  return poor(
    name,
    'wait for every CPU',
    `Each docker run and docker exec takes some milliseconds more. Until the next boot: mount -o remount,favordynmods ${path}. For good: cgroup_favordynmods=true on the kernel's command line.`,
  );
}

export function examineCgroups(): Finding[] {
  const mounts = mountPoints();
  const v2 = mounts.find((mount) => mount.type === 'cgroup2');
  const file = v2 ? `${v2.path}/cgroup.controllers` : '';
  const v2Controllers = existsSync(file) ? readFileSync(file, 'utf8') : null;
  const tree = describeCgroups(
    readFileSync('/proc/cgroups', 'utf8'),
    v2Controllers,
    mounts.some((mount) => mount.type === 'cgroup'),
  );
  const name = 'cgroups';
  if (!tree)
    return [lacking(name, 'none mounted', 'Limits need them. Mount them: mount -t cgroup2 none /sys/fs/cgroup')];
  const found = `${tree.version}: ${tree.controllers.join(', ')}`;
  const missing = needed.filter((controller) => !tree.controllers.includes(controller));
  if (missing.length > 0) {
    return [
      lacking(
        name,
        found,
        `A student could use up the machine without ${missing.join(', ')}. Enable them at boot, for example cgroup_enable=memory.`,
      ),
    ];
  }
  const less = wanted.filter((controller) => !tree.controllers.includes(controller));
  if (less.length > 0)
    return [poor(name, found, `Without ${less.join(' and ')}, docker pause or limits on disk traffic do not work.`)];
  // On a hybrid machine the engine mounts a tree so itself: `mountCgroupV1`.
  if (!v2 || tree.version !== 'v2') return [good(name, found)];
  const features = '/sys/kernel/cgroup/features';
  const moves = describeMoves(existsSync(features) ? readFileSync(features, 'utf8') : '', v2.options, v2.path);
  return [good(name, found), ...(moves ? [moves] : [])];
}
