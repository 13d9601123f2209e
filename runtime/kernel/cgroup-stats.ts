// What `docker stats` tells of a control group, in the shape that moby gives it for each version (`daemon/stats_unix.go`): clients
// tell the two versions from each other by it.

import fs from 'node:fs';
import path from 'node:path';
import { cgroupVersion } from './cgroups.ts';

const root = '/sys/fs/cgroup';

export interface GroupStats {
  readonly cpu: { readonly cpu_usage: object; readonly throttling_data: object };
  /** `memory_stats` but for the limit. */
  readonly memory: object;
  /** Bytes; infinite where it has none of its own. */
  readonly memoryLimit: number;
  readonly pids: { readonly current: number; readonly limit?: number };
  /** `blkio_stats`. */
  readonly blockIo: object;
}

/** Gives the text of a file of the group: its controller (of version 1) and its name. Empty where there is none. */
export type ReadFile = (controller: string, name: string) => string;

/** About 0.3 ms. Zeros where there is no such group. */
export function statsOf(group: string): GroupStats {
  const read: ReadFile = (controller, name) => {
    try {
      return fs.readFileSync(path.join(root, cgroupVersion === 1 ? controller : '', group, name), 'latin1');
    } catch {
      return ''; // gone meanwhile, or this kernel has no such file
    }
  };
  return cgroupVersion === 1 ? statsOfVersion1(read) : statsOfVersion2(read);
}

const number = (text: string): number => Number(text.trim()) || 0;

/** Of lines `name value`. */
function pairs(text: string): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(/^(\S+) (\d+)$/gm)].map(([, name = '', value]) => [name, Number(value)]));
}

/** Those of `names` that the file has. */
function chosen(text: string, names: readonly string[]): Record<string, number> {
  const all = pairs(text);
  return Object.fromEntries(names.flatMap((name) => (all.has(name) ? [[name, all.get(name) ?? 0]] : [])));
}

/** Not there where it is 0: moby leaves such out. */
const unlessZero = (name: string, value: number): object => (value > 0 ? { [name]: value } : {});

/** "max", or in version 1 a number near 2^63, is no limit. */
function limitIn(text: string): number {
  const value = number(text);
  return value > 0 && value < 2 ** 60 ? value : Number.POSITIVE_INFINITY;
}

function pidsIn(read: ReadFile): GroupStats['pids'] {
  const limit = number(read('pids', 'pids.max'));
  return { current: number(read('pids', 'pids.current')), ...(limit > 0 && { limit }) };
}

const ownCounts = [
  ...['cache', 'rss', 'rss_huge', 'mapped_file', 'dirty', 'writeback', 'pgpgin', 'pgpgout', 'pgfault', 'pgmajfault'],
  ...['inactive_anon', 'active_anon', 'inactive_file', 'active_file', 'unevictable'],
];
const version1Counts = [
  ...ownCounts,
  ...['hierarchical_memory_limit', 'hierarchical_memsw_limit'],
  ...ownCounts.map((name) => `total_${name}`),
];

/** Linux's USER_HZ: the unit of cpuacct.stat, 100 on every architecture that we run on. */
const nsPerTick = 1e9 / 100;

/** Of a file of lines `MAJOR:MINOR OPERATION VALUE`. */
function entries(text: string): object[] {
  const lines = text.matchAll(/^(\d+):(\d+) (\w+) (\d+)$/gm);
  return [...lines].map(([, major, minor, op, value]) => ({
    ...{ major: Number(major), minor: Number(minor), op, value: Number(value) },
  }));
}

export function statsOfVersion1(read: ReadFile): GroupStats {
  const times = pairs(read('cpuacct', 'cpuacct.stat'));
  const throttled = pairs(read('cpu', 'cpu.stat'));
  const counts = chosen(read('memory', 'memory.stat'), version1Counts);
  return {
    cpu: {
      cpu_usage: {
        total_usage: number(read('cpuacct', 'cpuacct.usage')),
        percpu_usage: read('cpuacct', 'cpuacct.usage_percpu').trim().split(/\s+/).map(Number),
        usage_in_kernelmode: (times.get('system') ?? 0) * nsPerTick,
        usage_in_usermode: (times.get('user') ?? 0) * nsPerTick,
      },
      throttling_data: {
        periods: throttled.get('nr_periods') ?? 0,
        throttled_periods: throttled.get('nr_throttled') ?? 0,
        throttled_time: throttled.get('throttled_time') ?? 0,
      },
    },
    memory: {
      usage: number(read('memory', 'memory.usage_in_bytes')),
      ...unlessZero('max_usage', number(read('memory', 'memory.max_usage_in_bytes'))),
      stats: counts,
      ...unlessZero('failcnt', number(read('memory', 'memory.failcnt'))),
    },
    memoryLimit: limitIn(read('memory', 'memory.limit_in_bytes')),
    pids: pidsIn(read),
    blockIo: {
      io_service_bytes_recursive: entries(read('blkio', 'blkio.throttle.io_service_bytes_recursive')),
      io_serviced_recursive: entries(read('blkio', 'blkio.throttle.io_serviced_recursive')),
      ...{ io_queue_recursive: [], io_service_time_recursive: [], io_wait_time_recursive: [] },
      ...{ io_merged_recursive: [], io_time_recursive: [], sectors_recursive: [] },
    },
  };
}

const version2Counts = [
  ...['anon', 'file', 'kernel_stack', 'slab', 'sock', 'shmem', 'file_mapped', 'file_dirty', 'file_writeback'],
  ...['anon_thp', 'inactive_anon', 'active_anon', 'inactive_file', 'active_file', 'unevictable', 'slab_reclaimable'],
  ...['slab_unreclaimable', 'pgfault', 'pgmajfault', 'workingset_refault', 'workingset_activate'],
  ...['workingset_nodereclaim', 'pgrefill', 'pgscan', 'pgsteal', 'pgactivate', 'pgdeactivate', 'pglazyfree'],
  ...['pglazyfreed', 'thp_fault_alloc', 'thp_collapse_alloc'],
];

/** What is not told of a group of version 2. */
const untold = {
  io_serviced_recursive: null,
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
};

const nsPerUs = 1000;

export function statsOfVersion2(read: ReadFile): GroupStats {
  const cpu = pairs(read('', 'cpu.stat'));
  const ns = (name: string): number => (cpu.get(name) ?? 0) * nsPerUs;
  const devices = read('', 'io.stat').matchAll(/^(\d+):(\d+) .*?rbytes=(\d+) wbytes=(\d+)/gm);
  return {
    cpu: {
      cpu_usage: {
        total_usage: ns('usage_usec'),
        usage_in_kernelmode: ns('system_usec'),
        usage_in_usermode: ns('user_usec'),
      },
      throttling_data: {
        periods: cpu.get('nr_periods') ?? 0,
        throttled_periods: cpu.get('nr_throttled') ?? 0,
        throttled_time: ns('throttled_usec'),
      },
    },
    memory: {
      usage: number(read('', 'memory.current')),
      stats: chosen(read('', 'memory.stat'), version2Counts),
      ...unlessZero('failcnt', pairs(read('', 'memory.events')).get('oom') ?? 0),
    },
    memoryLimit: limitIn(read('', 'memory.max')),
    pids: pidsIn(read),
    blockIo: {
      io_service_bytes_recursive: [...devices].flatMap((found) => {
        const [, major = 0, minor = 0, readBytes, writtenBytes] = found.map(Number);
        return [
          { major, minor, op: 'read', value: readBytes },
          { major, minor, op: 'write', value: writtenBytes },
        ];
      }),
      ...untold,
    },
  };
}

/** Of a group that is not there. */
export const nothingTold = {
  pids_stats: {},
  blkio_stats: { io_service_bytes_recursive: null, ...untold },
  num_procs: 0,
  storage_stats: {},
};
