// What of memory, CPU time and processes a container may use, by the rules and in the words of moby
// (`verifyPlatformContainerResources`). The limits of its host stand above, and hold in any case.

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { cgroupVersion } from '../../kernel/cgroups.ts';
import { hardLimitOf } from '../../kernel/hard-limits.ts';
import { maxPidsPerContainer, maxUlimits } from '../../limits.ts';
import { goObject } from '../go-object.ts';
import { refuse } from '../refusal.ts';
import { kept, never, notYet, stored, text, whole } from './row.ts';

const nanosPerCpu = 1e9;
const cpuPeriodUs = 100_000;

const blockIo = 'leave the --blkio and --device limits out; the whole host has one';
const realTime = 'leave real-time scheduling out; limit with --cpus instead';
const ofWindows = 'it belongs to Windows containers, leave it out';
/** The kernel's cgroups of version 2 know none. */
const noSwappiness = { advice: 'leave --memory-swappiness out', never: true, emptyIsNoDefault: true } as const;
const droppedByDocker = 'Docker itself dropped it; use --memory';

function wrong(message: string): never {
  throw new EngineError('invalid', message);
}

function checkMemory(memory: number, reservation: number, swap: number): void {
  if (memory !== 0 && memory < 6 * 1024 * 1024) wrong('Minimum memory limit allowed is 6MB');
  if (swap > 0 && memory === 0) wrong('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (swap > 0 && swap < memory) wrong('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (swap < -1) wrong(`invalid MemorySwap: ${swap}; it is -1 for no limit of its own, or a number of bytes`);
  if (reservation !== 0 && reservation < 6 * 1024 * 1024) wrong('Minimum memory reservation allowed is 6MB');
  if (reservation > 0 && memory > 0 && memory < reservation)
    wrong('Minimum memory limit can not be less than memory reservation limit, see usage');
}

function checkCpu(nano: number, period: number, quota: number, cpus: number): void {
  if (nano > 0 && period > 0) wrong('Conflicting options: Nano CPUs and CPU Period cannot both be set.');
  if (nano > 0 && quota > 0) wrong('Conflicting options: Nano CPUs and CPU Quota cannot both be set.');
  if (nano < 0 || nano > cpus * 1e9 || (nano > 0 && nano < 1e7))
    wrong(`range of CPUs is from 0.01 to ${cpus.toFixed(2)}, as there are only ${cpus} CPUs available`);
  if (period !== 0 && (period < 1000 || period > 1_000_000))
    wrong('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  if (quota !== 0 && quota !== -1 && quota < 1000) wrong('CPU cfs quota can not be less than 1ms (i.e. 1000)');
}

/** The numbers of a list such as `0,2-3`; null where it is none. Of the most CPUs that Linux knows, 8192. */
function cpuNumbers(list: string): Set<number> | null {
  const numbers = new Set<number>();
  for (const part of list.split(',', 256)) {
    const [first = Number.NaN, last = first] = /^\d{1,4}(-\d{1,4})?$/.test(part) ? part.split('-').map(Number) : [];
    if (!(first <= last && last < 8192)) return null;
    for (let cpu = first; cpu <= last; cpu++) numbers.add(cpu);
  }
  return numbers;
}

function checkCpuset(asked: string): void {
  const shown = asked.slice(0, 80);
  const wanted = cpuNumbers(asked);
  if (!wanted) wrong(`Invalid value ${shown} for cpuset cpus: invalid format: ${shown}`);
  const online = readFileSync('/sys/devices/system/cpu/online', 'utf8').trim();
  const available = cpuNumbers(online);
  if ([...(wanted ?? [])].some((cpu) => !available?.has(cpu)))
    wrong(`Requested CPUs are not available - requested ${shown}, available: ${online}`);
}

function checkedCpuset(asked: string): string {
  if (asked !== '') checkCpuset(asked);
  return asked;
}

interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

function checkUlimit({ Name, Soft, Hard }: Ulimit): void {
  const most = hardLimitOf(Name);
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
  return asked === 0 ? null : asked;
}

function checkedSwappiness(asked: number | null): number | null {
  if (asked === null || asked === -1) return null;
  if (cgroupVersion !== 1) refuse('HostConfig.MemorySwappiness', noSwappiness, asked);
  if (asked < 0 || asked > 100) wrong(`Invalid value: ${asked}, valid memory swappiness range is 0-100`);
  return asked;
}

const amount = { stored: stored.whole, keep: (given: number | null | undefined): number => given ?? 0 };
const ulimit = goObject({ Name: z.string(), Soft: z.number().int().min(-1), Hard: z.number().int().min(-1) });

export const resources = {
  BlkioDeviceReadBps: notYet(blockIo, { shown: [] }),
  BlkioDeviceReadIOps: notYet(blockIo, { shown: [] }),
  BlkioDeviceWriteBps: notYet(blockIo, { shown: [] }),
  BlkioDeviceWriteIOps: notYet(blockIo, { shown: [] }),
  BlkioWeight: notYet(blockIo, { shown: 0 }),
  BlkioWeightDevice: notYet(blockIo, { shown: [] }),
  CpuCount: notYet(ofWindows, { shown: 0 }),
  CpuPercent: notYet(ofWindows, { shown: 0 }),
  CpuPeriod: kept(whole, { ...amount, limits: (period) => (period > 0 ? { cpu: { period } } : {}) }),
  CpuQuota: kept(whole, { ...amount, limits: (quota) => (quota > 0 ? { cpu: { quota } } : {}) }),
  CpuRealtimePeriod: notYet(realTime, { shown: 0 }),
  CpuRealtimeRuntime: notYet(realTime, { shown: 0 }),
  CpuShares: kept(whole, {
    stored: stored.whole,
    keep(given) {
      const shares = given ?? 0;
      if (shares < 0 || shares > 262_144) wrong(`invalid CpuShares: ${shares}, the range is [2, 262144]`);
      return shares;
    },
    limits: (shares) => (shares > 0 ? { cpu: { shares } } : {}),
  }),
  CpusetCpus: kept(text, {
    stored: stored.text,
    keep: (given) => checkedCpuset(given ?? ''),
    limits: (cpus) => (cpus !== '' ? { cpu: { cpus } } : {}),
  }),
  CpusetMems: notYet('leave --cpuset-mems out; memory nodes cannot be chosen', { shown: '' }),
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
  /** Null for that of its host; -1, as older clients say it, too. */
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
  /** Null, 0 or negative for the most that a container may have. */
  PidsLimit: kept(whole, {
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

/** What is wrong with the limits together. `cpus`: what the host may use. Throws invalid. */
export function checkResources(
  limits: Readonly<
    Record<'Memory' | 'MemoryReservation' | 'MemorySwap' | 'NanoCpus' | 'CpuPeriod' | 'CpuQuota', number>
  >,
  cpus: number,
): void {
  checkMemory(limits.Memory, limits.MemoryReservation, limits.MemorySwap);
  checkCpu(limits.NanoCpus, limits.CpuPeriod, limits.CpuQuota, cpus);
}
