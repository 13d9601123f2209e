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

/** About 0.1 ms. */
export function usageOf(group: string): GroupUsage {
  if (cgroupVersion === 2)
    return {
      memoryBytes: Math.max(0, number(`${group}/memory.current`) - line(`${group}/memory.stat`, 'inactive_file')),
      memoryLimitBytes: limit(`${group}/memory.max`),
      pids: number(`${group}/pids.current`),
      cpuNs: line(`${group}/cpu.stat`, 'usage_usec') * 1000,
    };
  const memory = `memory/${group}`;
  return {
    memoryBytes: Math.max(
      0,
      number(`${memory}/memory.usage_in_bytes`) - line(`${memory}/memory.stat`, 'total_inactive_file'),
    ),
    memoryLimitBytes: limit(`${memory}/memory.limit_in_bytes`),
    pids: number(`pids/${group}/pids.current`),
    cpuNs: number(`cpuacct/${group}/cpuacct.usage`),
  };
}
