// docker stats: what a container uses, once or every second.

import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type GroupStats, nothingTold, statsOf } from '../kernel/cgroup-stats.ts';
import { interfacesOf } from '../kernel/interfaces.ts';
import { hasEndpoints } from '../networks/endpoint.ts';
import { never, now } from './clock.ts';
import type { Container } from './container.ts';

/** As moby's collector (`daemon/stats/collector.go`). */
const everyMs = 1000;

export interface StatsOptions {
  /** Until the client goes. */
  readonly stream: boolean;
  /** Do not wait for a second sample; the CPU's share is not known then. */
  readonly oneShot: boolean;
}

interface Sample {
  readonly read: string;
  readonly cpu: object;
  /** Null where it does not run. */
  readonly group: GroupStats | null;
}

const nothing: Sample = {
  read: never,
  cpu: {
    cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  },
  group: null,
};

/** Samples as the body of `GET /containers/X/stats`. One that does not run is told with zeros, as in moby. */
export async function* readStats(
  container: Container,
  { stream, oneShot }: StatsOptions,
  signal: AbortSignal,
): AsyncGenerator<object> {
  let before = nothing;
  // The share of the CPU is a difference of two samples, so a single one needs another before it.
  if (!stream && !oneShot && container.running) {
    before = sampleOf(container);
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
  while (!signal.aborted && container.host.containers.get(container.id) === container) {
    const sample = container.running ? sampleOf(container) : nothing;
    yield bodyOf(container, sample, before);
    if (!stream) return;
    before = sample;
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

function sampleOf(container: Container): Sample {
  const group = statsOf(container.group);
  // Within a host, its share of the machine's CPUs is all there is: one busy CPU of one is 100 %.
  const cpus = Math.max(1, Math.min(Math.ceil(container.host.record.limits.cpus), os.availableParallelism()));
  const { cpu_usage, throttling_data } = group.cpu;
  const system_cpu_usage = Math.round(performance.now() * 1e6 * cpus);
  return { read: now(), cpu: { cpu_usage, system_cpu_usage, online_cpus: cpus, throttling_data }, group };
}

function bodyOf(container: Container, { read, cpu, group }: Sample, before: Sample): object {
  const { record, host, state } = container;
  const names = { name: `/${record.name}`, id: record.id, read, preread: before.read };
  if (!group) return { ...names, ...nothingTold, cpu_stats: cpu, precpu_stats: before.cpu, memory_stats: {} };
  return {
    ...names,
    pids_stats: group.pids,
    blkio_stats: group.blockIo,
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu,
    precpu_stats: before.cpu,
    memory_stats: { ...group.memory, limit: Math.min(group.memoryLimit, host.record.limits.memoryBytes) },
    ...(hasEndpoints(record.endpoints) && { networks: networksOf(state.machinePid) }),
  };
}

function networksOf(machinePid: number): object {
  return Object.fromEntries(
    interfacesOf(machinePid).map(({ name, received, sent }) => [
      name,
      {
        rx_bytes: received.bytes,
        rx_packets: received.packets,
        rx_errors: received.errors,
        rx_dropped: received.dropped,
        tx_bytes: sent.bytes,
        tx_packets: sent.packets,
        tx_errors: sent.errors,
        tx_dropped: sent.dropped,
      },
    ]),
  );
}
