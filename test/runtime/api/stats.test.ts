// docker stats and what else is told of limits, as a client of the Docker API meets it.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { type EitherDocker, isReference, openDocker } from '../../support/either-docker.ts';
import { unifiedCgroups } from '../../support/outside.ts';
import { until } from '../../support/until.ts';
import { ask, assertHas, expect } from './exchange.ts';

let docker: EitherDocker;
let socket: string;

beforeAll(async () => {
  docker = await openDocker();
  socket = docker.socket;
});

afterAll(async () => {
  await docker[Symbol.asyncDispose]();
});

const never = '0001-01-01T00:00:00Z';
const nothing = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

test('a container that does not run is told with zeros, once and with one sample', async () => {
  const id = await docker.create('idle', ['true']);
  for (const query of ['stream=0', 'stream=0&one-shot=1']) {
    const body = await expect(socket, `GET /containers/idle/stats?${query}`, 200);
    assert.deepEqual(body, {
      ...{ name: '/idle', id, read: never, preread: never, num_procs: 0, storage_stats: {} },
      ...{ pids_stats: {}, memory_stats: {}, cpu_stats: nothing, precpu_stats: nothing },
      blkio_stats: {
        ...{ io_service_bytes_recursive: null, io_serviced_recursive: null, io_queue_recursive: null },
        ...{ io_service_time_recursive: null, io_wait_time_recursive: null, io_merged_recursive: null },
        ...{ io_time_recursive: null, sectors_recursive: null },
      },
    });
  }
});

// A real dockerd has no numbers on a machine whose cgroups are of both versions.
test('a container that runs is told with all that clients make numbers of', { skip: isReference }, async () => {
  // Nobody sends anything to a container that asks nothing: the gateway refuses this one.
  const spin = ['sh', '-c', 'wget -q http://172.17.0.1:1; while :; do :; done'];
  await docker.run('busy', spin, { HostConfig: { Memory: 67_108_864, NanoCpus: 200_000_000, PidsLimit: 9 } });
  let body: unknown;
  // The first numbers may be from before its first turn on a CPU is over, and before the gateway has answered.
  await until('it has been held back, and heard of', async () => {
    body = await expect(socket, 'GET /containers/busy/stats?stream=0', 200);
    const { cpu_stats, networks } = body as {
      cpu_stats: { throttling_data: { throttled_time: number } };
      networks: { eth0: { rx_bytes: number } };
    };
    return cpu_stats.throttling_data.throttled_time > 0 && networks.eth0.rx_bytes > 0;
  });
  const isSome = (value: unknown): boolean => typeof value === 'number' && value > 0;
  assertHas(body, {
    pids_stats: { current: 1, limit: 9 },
    cpu_stats: {
      cpu_usage: { total_usage: isSome, usage_in_usermode: isSome, usage_in_kernelmode: Number.isInteger },
      system_cpu_usage: isSome,
      online_cpus: 1,
      throttling_data: { periods: isSome, throttled_periods: isSome, throttled_time: isSome },
    },
    precpu_stats: { cpu_usage: { total_usage: isSome }, system_cpu_usage: isSome, online_cpus: 1 },
    memory_stats: {
      usage: isSome,
      limit: 67_108_864,
      stats: unifiedCgroups ? { anon: isSome } : { rss: isSome, total_rss: isSome },
    },
    networks: { eth0: { rx_bytes: isSome, rx_errors: 0, rx_dropped: Number.isInteger, tx_errors: 0, tx_dropped: 0 } },
  });
  // As `docker stats` counts it: a fifth of the one CPU.
  const { cpu_stats: now, precpu_stats: before } = body as Record<
    'cpu_stats' | 'precpu_stats',
    { cpu_usage: { total_usage: number }; system_cpu_usage: number; online_cpus: number }
  >;
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const percent = (used / (now.system_cpu_usage - before.system_cpu_usage)) * now.online_cpus * 100;
  assert.ok(percent > 1 && percent < 30, `${percent} %`);
  const { body: once } = await ask(socket, 'GET /containers/busy/stats?stream=0&one-shot=1');
  assertHas(once, { preread: never, precpu_stats: nothing });
  await expect(socket, 'DELETE /containers/busy?force=1', 204);
});

test('a weight of the disk that the kernel does not know is discarded, and that is said', async () => {
  const { body } = await ask(socket, 'POST /containers/create?name=weighed', {
    ...{ Image: 'busybox', Cmd: ['true'] },
    HostConfig: { BlkioWeight: 300 },
  });
  const { Warnings } = body as { Warnings: string[] };
  const { HostConfig } = (await expect(socket, 'GET /containers/weighed/json', 200)) as {
    HostConfig: { BlkioWeight: number };
  };
  const discarded = 'Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.';
  assert.deepEqual([HostConfig.BlkioWeight, Warnings], Warnings.length > 0 ? [0, [discarded]] : [300, []]);
});
