// What a control group uses, version 1 and 2: memory, processes, CPU time. Zero where there is no such group.

import fs from 'node:fs';
import { cgroupVersion } from './cgroups.ts';

const root = '/sys/fs/cgroup';

export interface GroupUsage {
  /** Without the file cache that the kernel gives back first, as `docker stats` counts. */
  readonly memoryBytes: number;
  /** That file cache. */
  readonly cacheBytes: number;
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
      ...memory(number(`${group}/memory.current`), line(`${group}/memory.stat`, 'inactive_file')),
      memoryLimitBytes: limit(`${group}/memory.max`),
      pids: number(`${group}/pids.current`),
      cpuNs: line(`${group}/cpu.stat`, 'usage_usec') * 1000,
    };
  const tree = `memory/${group}`;
  return {
    ...memory(number(`${tree}/memory.usage_in_bytes`), line(`${tree}/memory.stat`, 'total_inactive_file')),
    memoryLimitBytes: limit(`${tree}/memory.limit_in_bytes`),
    pids: number(`pids/${group}/pids.current`),
    cpuNs: number(`cpuacct/${group}/cpuacct.usage`),
  };
}

function memory(all: number, cache: number): Pick<GroupUsage, 'memoryBytes' | 'cacheBytes'> {
  return { memoryBytes: Math.max(0, all - cache), cacheBytes: Math.min(all, cache) };
}

export interface DiskUsage {
  /** The block device's numbers. */
  readonly major: number;
  readonly minor: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** What a group has read from and written to each disk. */
export function diskUsageOf(group: string): DiskUsage[] {
  if (cgroupVersion === 2)
    return [...text(`${group}/io.stat`).matchAll(/^(\d+):(\d+) .*?rbytes=(\d+) wbytes=(\d+)/gm)].map(numbers);
  const file = text(`blkio/${group}/blkio.throttle.io_service_bytes_recursive`);
  return [...file.matchAll(/^(\d+):(\d+) Read (\d+)\n\1:\2 Write (\d+)/gm)].map(numbers);
}

function numbers(found: RegExpExecArray): DiskUsage {
  const [, major = 0, minor = 0, readBytes = 0, writtenBytes = 0] = found.map(Number);
  return { major, minor, readBytes, writtenBytes };
}
