// Keys of HostConfig about memory, CPU time and processes, with the rules and messages of moby
// (`verifyPlatformContainerResources`). The limits of the host are in a cgroup above, and hold in any case.

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { cgroupVersion, dividesDiskTime } from '../../kernel/cgroups.ts';
import { hardLimitOf } from '../../kernel/hard-limits.ts';
import { maxPidsPerContainer, maxUlimits } from '../../limits.ts';
import { goObject } from '../go-object.ts';
import { refuse } from '../refusal.ts';
import { kept, never, notYet, stored, text, whole } from './row.ts';

const nanosPerCpu = 1e9;
const cpuPeriodUs = 100_000;

const blockIo = 'leave the --blkio-weight-device and --device limits out; the whole host has one for all devices';
const realTime = 'leave real-time scheduling out; limit with --cpus instead';
const ofWindows = 'it belongs to Windows containers, leave it out';
/** Cgroups of version 2 have no such limit. */
const noSwappiness = { advice: 'leave --memory-swappiness out', never: true, emptyIsNoDefault: true } as const;
const droppedByDocker = 'Docker itself dropped it; use --memory';

function wrong(message: string): never {
  throw new EngineError('invalid', message);
}

type Numbers<Key extends string> = Partial<Readonly<Record<Key, number>>>;

/** What is wrong with them together. Throws invalid. */
export function checkMemory(limits: Numbers<'Memory' | 'MemoryReservation' | 'MemorySwap'>): void {
  const { Memory: memory = 0, MemoryReservation: reservation = 0, MemorySwap: swap = 0 } = limits;
  if (memory !== 0 && memory < 6 * 1024 * 1024) wrong('Minimum memory limit allowed is 6MB');
  if (swap > 0 && memory === 0) wrong('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (swap > 0 && swap < memory) wrong('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (swap < -1) wrong(`invalid MemorySwap: ${swap}; it is -1 for no limit of its own, or a number of bytes`);
  if (reservation !== 0 && reservation < 6 * 1024 * 1024) wrong('Minimum memory reservation allowed is 6MB');
  if (reservation > 0 && memory > 0 && memory < reservation)
    wrong('Minimum memory limit can not be less than memory reservation limit, see usage');
}

/** What is wrong with them together. `cpus`: what the host may use. Throws invalid. */
export function checkCpu(limits: Numbers<'NanoCpus' | 'CpuPeriod' | 'CpuQuota'>, cpus: number): void {
  const { NanoCpus: nano = 0, CpuPeriod: period = 0, CpuQuota: quota = 0 } = limits;
  if (nano > 0 && period > 0) wrong('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nano > 0 && quota > 0) wrong('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (nano < 0 || nano > cpus * 1e9 || (nano > 0 && nano < 1e7))
    wrong(`range of CPUs is from 0.01 to ${cpus.toFixed(2)}, as there are only ${cpus} CPUs available`);
  if (period !== 0 && (period < 1000 || period > 1_000_000))
    wrong('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  if (quota !== 0 && quota !== -1 && quota < 1000) wrong('CPU cfs quota can not be less than 1ms (i.e. 1000)');
}

/** The numbers of a list such as `0,2-3`; null where it is none. Of the most CPUs that Linux knows, 8192. */
function numbersOf(list: string): Set<number> | null {
  const numbers = new Set<number>();
  for (const part of list.split(',', 256)) {
    const [first = Number.NaN, last = first] = /^\d{1,4}(-\d{1,4})?$/.test(part) ? part.split('-').map(Number) : [];
    if (!(first <= last && last < 8192)) return null;
    for (let cpu = first; cpu <= last; cpu++) numbers.add(cpu);
  }
  return numbers;
}

/** `what` is what the machine has, of which the file `online` lists the numbers. */
function checkedNumbers(asked: string, cpuset: string, what: string, online: string): string {
  if (asked === '') return asked;
  const shown = asked.slice(0, 80);
  const wanted = numbersOf(asked);
  if (!wanted) wrong(`Invalid value ${shown} for cpuset ${cpuset}: invalid format: ${shown}`);
  const list = readFileSync(online, 'utf8').trim();
  const available = numbersOf(list);
  if ([...(wanted ?? [])].some((number) => !available?.has(number)))
    wrong(`Requested ${what} are not available - requested ${shown}, available: ${list}`);
  return asked;
}

const checkedCpuset = (asked: string): string =>
  checkedNumbers(asked, 'cpus', 'CPUs', '/sys/devices/system/cpu/online');
const checkedMemoryNodes = (asked: string): string =>
  checkedNumbers(asked, 'mems', 'memory nodes', '/sys/devices/system/node/online');

function checkedWeight(asked: number): number {
  if (asked !== 0 && (asked < 10 || asked > 1000)) wrong('Range of blkio weight is from 10 to 1000');
  return asked;
}

interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

function checkUlimit({ Name, Soft, Hard }: Ulimit): void {
  // Of locked memory a container has as much as the machine can give (`processSpec`): databases ask for all, and run without.
  const most = Name === 'memlock' ? Number.POSITIVE_INFINITY : hardLimitOf(Name);
  if (most === null) wrong(`invalid ulimit type: ${Name.slice(0, 40)}`);
  if (Hard !== -1 && (Soft === -1 || Soft > Hard))
    wrong(`ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
  if (Name === 'core' && (Soft !== 0 || Hard !== 0))
    wrong('ulimit core above 0 is not possible on a host of this engine: no process here leaves a core dump');
  if ((Hard === -1 ? Number.POSITIVE_INFINITY : Hard) > most)
    wrong(
      `ulimit ${Name}: a hard limit of ${Hard === -1 ? 'unlimited (-1)' : Hard} is more than this machine can give, which is ${most}: ask for less`,
    );
}

function checkedPids(asked: number): number | null {
  if (asked > maxPidsPerContainer)
    wrong(
      `HostConfig.PidsLimit ${asked} is more than the ${maxPidsPerContainer} processes that a container of this engine may have; ask for fewer, or leave --pids-limit out`,
    );
  return asked <= 0 ? null : asked;
}

function checkedSwappiness(asked: number | null): number | null {
  if (asked === null || asked === -1) return null;
  if (cgroupVersion !== 1) refuse('HostConfig.MemorySwappiness', noSwappiness, asked);
  if (asked < 0 || asked > 100) wrong(`Invalid value: ${asked}, valid memory swappiness range is 0-100`);
  return asked;
}

/** Of most keys 0, or nothing, leaves the value as it is. */
const updates = Boolean;

const amount = {
  updates,
  stored: stored.whole,
  keep: (given: number | null | undefined): number => given ?? 0,
};
const ulimit = goObject({ Name: z.string(), Soft: z.number().int().min(-1), Hard: z.number().int().min(-1) });

export const resources = {
  BlkioDeviceReadBps: notYet(blockIo, { shown: [] }),
  BlkioDeviceReadIOps: notYet(blockIo, { shown: [] }),
  BlkioDeviceWriteBps: notYet(blockIo, { shown: [] }),
  BlkioDeviceWriteIOps: notYet(blockIo, { shown: [] }),
  /** Of the disk's time; 0 where nothing was asked for, or the kernel divides none. */
  BlkioWeight: kept(whole, {
    updates,
    stored: stored.whole,
    keep: (given) => (given && dividesDiskTime() ? checkedWeight(given) : 0),
    limits: (weight) => (weight > 0 ? { blockIO: { weight } } : {}),
  }),
  BlkioWeightDevice: notYet(blockIo, { shown: [] }),
  CpuCount: notYet(ofWindows, { shown: 0 }),
  CpuPercent: notYet(ofWindows, { shown: 0 }),
  CpuPeriod: kept(whole, { ...amount, limits: (period) => (period > 0 ? { cpu: { period } } : {}) }),
  CpuQuota: kept(whole, { ...amount, limits: (quota) => (quota > 0 ? { cpu: { quota } } : {}) }),
  CpuRealtimePeriod: notYet(realTime, { shown: 0 }),
  CpuRealtimeRuntime: notYet(realTime, { shown: 0 }),
  CpuShares: kept(whole, {
    updates,
    stored: stored.whole,
    keep(given) {
      const shares = given ?? 0;
      if (shares < 0 || shares > 262_144) wrong(`invalid CpuShares: ${shares}, the range is [2, 262144]`);
      return shares;
    },
    limits: (shares) => (shares > 0 ? { cpu: { shares } } : {}),
  }),
  CpusetCpus: kept(text, {
    updates,
    stored: stored.text,
    keep: (given) => checkedCpuset(given ?? ''),
    limits: (cpus) => (cpus !== '' ? { cpu: { cpus } } : {}),
  }),
  CpusetMems: kept(text, {
    updates,
    stored: stored.text,
    keep: (given) => checkedMemoryNodes(given ?? ''),
    limits: (mems) => (mems !== '' ? { cpu: { mems } } : {}),
  }),
  IOMaximumBandwidth: notYet(ofWindows, { shown: 0 }),
  IOMaximumIOps: notYet(ofWindows, { shown: 0 }),
  KernelMemory: notYet(droppedByDocker, {}),
  KernelMemoryTCP: notYet(droppedByDocker, {}),
  /** Bytes; 0 for no limit of its own. With swap, unless MemorySwap says more. */
  Memory: kept(whole, {
    ...amount,
    limits: (bytes) => (bytes > 0 ? { memory: { limit: bytes, swap: bytes } } : {}),
  }),
  MemoryReservation: kept(whole, {
    ...amount,
    limits: (bytes) => (bytes > 0 ? { memory: { reservation: bytes } } : {}),
  }),
  /** Memory and swap together. Behind Memory in Docker's order, and so in force where both are given. */
  MemorySwap: kept(whole, { ...amount, limits: (bytes) => (bytes > 0 ? { memory: { swap: bytes } } : {}) }),
  /** Null, or -1 from older clients: that of its host. */
  MemorySwappiness: kept(whole, {
    stored: stored.whole.nullable(),
    keep: (given) => checkedSwappiness(given ?? null),
    limits: (swappiness) => (swappiness === null ? {} : { memory: { swappiness } }),
  }),
  /** Never given together with CpuQuota or CpuPeriod. */
  NanoCpus: kept(whole, {
    ...amount,
    limits: (nano) =>
      nano > 0 ? { cpu: { quota: Math.round((nano / nanosPerCpu) * cpuPeriodUs), period: cpuPeriodUs } } : {},
  }),
  OomKillDisable: never('leave --oom-kill-disable out; what is out of memory must be killed', { shown: false }),
  /** Of a process of the container's, not of its cgroup. */
  OomScoreAdj: kept(whole, {
    stored: stored.whole,
    keep(given) {
      const score = given ?? 0;
      if (score < -1000 || score > 1000) wrong(`Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
      return score;
    },
  }),
  /** Null, 0 or negative: as many as a container may have at most. */
  PidsLimit: kept(whole, {
    updates: (given) => given !== null && given !== undefined,
    stored: stored.whole.nullable(),
    keep: (given) => checkedPids(given ?? 0),
    limits: (asked) => ({
      pids: { limit: asked !== null && asked > 0 ? Math.min(asked, maxPidsPerContainer) : maxPidsPerContainer },
    }),
  }),
  /** Of each process. */
  Ulimits: kept(z.array(ulimit).max(maxUlimits).nullish(), {
    stored: z.array(z.object({ Name: z.string(), Soft: z.number(), Hard: z.number() })),
    keep(given): readonly Ulimit[] {
      given?.forEach(checkUlimit);
      return given ?? [];
    },
  }),
};

/** What is asked for and cannot be, in moby's words. */
export function discardedOf(given: { readonly BlkioWeight?: unknown }): string[] {
  if (!given.BlkioWeight || dividesDiskTime()) return [];
  return ['Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.'];
}
