// What a control group uses, version 1 and 2: memory, processes, CPU time. Zero where there is no such group.

import fs from 'node:fs';
import { cgroupVersion } from './cgroups.ts';

const root = '/sys/fs/cgroup';

export interface GroupUsage {
  /** Without the file cache that the kernel gives back first, as `docker stats` counts. */
  readonly memoryBytes: number;
  /** The most that it may use; infinite where it has no limit of its own. */
  readonly memoryLimitBytes: number;
  readonly pids: number;
  readonly cpuNs: number;
}

function text(file: string): string {
  try {
    return fs.readFileSync(`${root}/${file}`, 'latin1');
  } catch {
    return ''; // gone meanwhile, or this kernel has no such controller
  }
}

function number(file: string): number {
  return Number(text(file).trim()) || 0;
}

/** Of a file of lines `name value`. */
function line(file: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text(file))?.[1] ?? 0);
}

/** "max", or in version 1 a number near 2^63, is no limit. */
function limit(file: string): number {
  const value = Number(text(file).trim());
  return value > 0 && value < 2 ** 60 ? value : Number.POSITIVE_INFINITY;
}

/** CPU time that a group and all below it have used, in nanoseconds: the cheapest sign of whether anything ran in it. */
export function cpuNsOf(group: string): number {
  return cgroupVersion === 2
    ? line(`${group}/cpu.stat`, 'usage_usec') * 1000
    : number(`cpuacct/${group}/cpuacct.usage`);
}

/** About 0.1 ms. */
export function usageOf(group: string): GroupUsage {
  if (cgroupVersion === 2)
    return {
      memoryBytes: withoutCache(number(`${group}/memory.current`), line(`${group}/memory.stat`, 'inactive_file')),
      memoryLimitBytes: limit(`${group}/memory.max`),
      pids: number(`${group}/pids.current`),
      cpuNs: cpuNsOf(group),
    };
  const tree = `memory/${group}`;
  return {
    memoryBytes: withoutCache(
      number(`${tree}/memory.usage_in_bytes`),
      line(`${tree}/memory.stat`, 'total_inactive_file'),
    ),
    memoryLimitBytes: limit(`${tree}/memory.limit_in_bytes`),
    pids: number(`pids/${group}/pids.current`),
    cpuNs: cpuNsOf(group),
  };
}

const withoutCache = (all: number, cache: number): number => Math.max(0, all - cache);
