// docker stats: what a container uses, once or every second.

import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { diskUsageOf, usageOf } from '../kernel/cgroup-usage.ts';
import { cgroupVersion } from '../kernel/cgroups.ts';
import { interfacesOf } from '../kernel/interfaces.ts';
import { hasEndpoints } from '../networks/endpoint.ts';
import type { Container } from './container.ts';

/** As moby's collector (`daemon/stats/collector.go`). */
const everyMs = 1000;
const never = '0001-01-01T00:00:00Z';

export interface StatsOptions {
  /** Until the client goes. */
  readonly stream: boolean;
  /** Without waiting for a second look, so that the CPU's share cannot be told. */
  readonly oneShot: boolean;
}

interface Sample {
  readonly read: string;
  readonly cpu: object;
}

const nothing: Sample = { read: never, cpu: { cpu_usage: { total_usage: 0 }, throttling_data: {} } };

/** Samples as the body of `GET /containers/X/stats`. One that does not run has a name and nothing else, as in moby. */
export async function* readStats(
  container: Container,
  { stream, oneShot }: StatsOptions,
  signal: AbortSignal,
): AsyncGenerator<object> {
  let before = nothing;
  // The share of the CPU is a difference: the only sample must have one before it.
  if (!stream && !oneShot && container.running) {
    before = sampleOf(container);
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
  while (!signal.aborted && container.host.containers.get(container.id) === container) {
    const now = container.running ? sampleOf(container) : nothing;
    yield container.running ? bodyOf(container, now, before) : { name: `/${container.name}`, id: container.id };
    if (!stream) return;
    before = now;
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

function sampleOf(container: Container): Sample {
  const { cpuNs } = usageOf(container.group);
  // The host's share of the machine's CPUs is all the CPU there is in it: one busy CPU of one is 100 %.
  const cpus = Math.max(1, Math.min(Math.ceil(container.host.record.limits.cpus), os.availableParallelism()));
  return {
    read: new Date().toISOString(),
    cpu: {
      cpu_usage: { total_usage: cpuNs, usage_in_kernelmode: 0, usage_in_usermode: cpuNs },
      system_cpu_usage: Math.round(performance.now() * 1e6 * cpus),
      online_cpus: cpus,
      throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
    },
  };
}

function bodyOf(container: Container, now: Sample, before: Sample): object {
  const { record, host, group, state } = container;
  const { memoryBytes, cacheBytes, memoryLimitBytes, pids } = usageOf(group);
  const limit = Math.min(memoryLimitBytes, host.record.limits.memoryBytes);
  const networks = hasEndpoints(record.endpoints) ? interfacesOf(state.machinePid) : [];
  return {
    name: `/${record.name}`,
    id: record.id,
    read: now.read,
    preread: before.read,
    num_procs: 0,
    pids_stats: { current: pids, ...(record.hostConfig.PidsLimit && { limit: record.hostConfig.PidsLimit }) },
    cpu_stats: now.cpu,
    precpu_stats: before.cpu,
    memory_stats: {
      usage: memoryBytes + cacheBytes,
      stats: { [cgroupVersion === 1 ? 'total_inactive_file' : 'inactive_file']: cacheBytes },
      limit,
    },
    blkio_stats: { io_service_bytes_recursive: disksOf(group) },
    storage_stats: {},
    networks: Object.fromEntries(
      networks.map((one) => [
        one.name,
        {
          rx_bytes: one.receivedBytes,
          rx_packets: one.receivedPackets,
          rx_errors: 0,
          rx_dropped: 0,
          tx_bytes: one.sentBytes,
          tx_packets: one.sentPackets,
          tx_errors: 0,
          tx_dropped: 0,
        },
      ]),
    ),
  };
}

function disksOf(group: string): object[] {
  return diskUsageOf(group).flatMap(({ major, minor, readBytes, writtenBytes }) => [
    { major, minor, op: 'read', value: readBytes },
    { major, minor, op: 'write', value: writtenBytes },
  ]);
}
