// Memory, CPU and process limits of a create request, by the rules and in the words of moby (`verifyPlatformContainerResources`).

import { readFileSync } from 'node:fs';
import { EngineError } from '../errors.ts';
import { maxPidsPerContainer } from '../limits.ts';
import type { HostConfig } from './container.ts';

type Resources = Pick<
  HostConfig,
  | 'CpuPeriod'
  | 'CpuQuota'
  | 'CpuShares'
  | 'CpusetCpus'
  | 'Memory'
  | 'MemoryReservation'
  | 'MemorySwap'
  | 'NanoCpus'
  | 'OomScoreAdj'
  | 'PidsLimit'
>;

type Given = {
  readonly [Key in keyof Resources | 'ShmSize']?: Resources[Key & keyof Resources] | number | null | undefined;
};

function wrong(message: string): never {
  throw new EngineError('invalid', message);
}

function number(value: Given[keyof Given]): number {
  return typeof value === 'number' ? value : 0;
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
  if (asked === '') return;
  const shown = asked.slice(0, 80);
  const wanted = cpuNumbers(asked);
  if (!wanted) wrong(`Invalid value ${shown} for cpuset cpus: invalid format: ${shown}`);
  const online = readFileSync('/sys/devices/system/cpu/online', 'utf8').trim();
  const available = cpuNumbers(online);
  if ([...(wanted ?? [])].some((cpu) => !available?.has(cpu)))
    wrong(`Requested CPUs are not available - requested ${shown}, available: ${online}`);
}

/** The limits that were asked for, checked. `cpus`: what the host may use. Throws invalid. */
export function checkResources(given: Given, cpus: number): Resources {
  const resources: Resources = {
    CpuPeriod: number(given.CpuPeriod),
    CpuQuota: number(given.CpuQuota),
    CpuShares: number(given.CpuShares),
    CpusetCpus: typeof given.CpusetCpus === 'string' ? given.CpusetCpus : '',
    Memory: number(given.Memory),
    MemoryReservation: number(given.MemoryReservation),
    MemorySwap: number(given.MemorySwap),
    NanoCpus: number(given.NanoCpus),
    OomScoreAdj: number(given.OomScoreAdj),
    PidsLimit: typeof given.PidsLimit === 'number' && given.PidsLimit !== 0 ? given.PidsLimit : null,
  };
  checkMemory(resources.Memory, resources.MemoryReservation, resources.MemorySwap);
  checkCpu(resources.NanoCpus, resources.CpuPeriod, resources.CpuQuota, cpus);
  if (resources.CpuShares < 0 || resources.CpuShares > 262_144)
    wrong(`invalid CpuShares: ${resources.CpuShares}, the range is [2, 262144]`);
  checkCpuset(resources.CpusetCpus);
  if ((resources.PidsLimit ?? 0) > maxPidsPerContainer)
    wrong(
      `HostConfig.PidsLimit ${resources.PidsLimit} is more than the ${maxPidsPerContainer} processes that a container of this engine may have; ask for fewer, or leave --pids-limit out`,
    );
  const oom = resources.OomScoreAdj;
  if (oom < -1000 || oom > 1000) wrong(`Invalid value ${oom}, range for oom score adj is [-1000, 1000]`);
  if (number(given.ShmSize) < 0) wrong('SHM size can not be less than 0');
  return resources;
}
