// What is told of a control group, in moby's shapes: from the texts of the kernel's files, which no machine has of both versions.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { type ReadFile, statsOfVersion1, statsOfVersion2 } from '../../../runtime/kernel/cgroup-stats.ts';

/** Files by `CONTROLLER/NAME`. */
const filesOf =
  (files: Readonly<Record<string, string>>): ReadFile =>
  (controller, name) =>
    files[`${controller}/${name}`] ?? '';

test('a group of version 1', () => {
  const { cpu, memory, memoryLimit, pids, blockIo } = statsOfVersion1(
    filesOf({
      'cpuacct/cpuacct.usage': '5000000000\n',
      'cpuacct/cpuacct.usage_percpu': '2000000000 3000000000 \n',
      'cpuacct/cpuacct.stat': 'user 400\nsystem 100\n',
      'cpu/cpu.stat': 'nr_periods 10\nnr_throttled 3\nthrottled_time 700\nnr_bursts 0\nburst_time 0\n',
      'memory/memory.usage_in_bytes': '1048576\n',
      'memory/memory.max_usage_in_bytes': '2097152\n',
      'memory/memory.failcnt': '0\n',
      'memory/memory.limit_in_bytes': '9223372036854771712\n',
      'memory/memory.stat':
        'cache 1\nrss 2\nshmem 3\nhierarchical_memory_limit 4\ntotal_inactive_file 5\ntotal_swap 6\n',
      'pids/pids.current': '7\n',
      'pids/pids.max': '256\n',
      'blkio/blkio.throttle.io_service_bytes_recursive': '7:14 Read 14\n7:14 Write 353\n7:14 Total 367\nTotal 367\n',
    }),
  );
  assert.deepEqual(cpu, {
    cpu_usage: {
      total_usage: 5_000_000_000,
      percpu_usage: [2_000_000_000, 3_000_000_000],
      usage_in_kernelmode: 1_000_000_000,
      usage_in_usermode: 4_000_000_000,
    },
    throttling_data: { periods: 10, throttled_periods: 3, throttled_time: 700 },
  });
  assert.deepEqual(memory, {
    usage: 1_048_576,
    max_usage: 2_097_152,
    // `shmem` and `total_swap` are the kernel's, and not Docker's.
    stats: { cache: 1, rss: 2, hierarchical_memory_limit: 4, total_inactive_file: 5 },
  });
  assert.equal(memoryLimit, Number.POSITIVE_INFINITY);
  assert.deepEqual(pids, { current: 7, limit: 256 });
  const { io_service_bytes_recursive: bytes, io_queue_recursive: queue } = blockIo as Record<string, unknown>;
  assert.deepEqual(bytes, [
    { major: 7, minor: 14, op: 'Read', value: 14 },
    { major: 7, minor: 14, op: 'Write', value: 353 },
    { major: 7, minor: 14, op: 'Total', value: 367 },
  ]);
  assert.deepEqual(queue, []);
});

test('a group of version 2', () => {
  const { cpu, memory, memoryLimit, pids, blockIo } = statsOfVersion2(
    filesOf({
      '/cpu.stat':
        'usage_usec 5000\nuser_usec 4000\nsystem_usec 1000\nnr_periods 10\nnr_throttled 3\nthrottled_usec 7\n',
      '/memory.current': '1048576\n',
      '/memory.max': '33554432\n',
      '/memory.stat': 'anon 1\nfile 2\ninactive_file 3\nzswap 4\n',
      '/memory.events': 'low 0\nhigh 0\nmax 2\noom 1\noom_kill 1\n',
      '/io.stat': '254:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n',
    }),
  );
  assert.deepEqual(cpu, {
    cpu_usage: { total_usage: 5_000_000, usage_in_kernelmode: 1_000_000, usage_in_usermode: 4_000_000 },
    throttling_data: { periods: 10, throttled_periods: 3, throttled_time: 7000 },
  });
  assert.deepEqual(memory, { usage: 1_048_576, stats: { anon: 1, file: 2, inactive_file: 3 }, failcnt: 1 });
  assert.equal(memoryLimit, 33_554_432);
  assert.deepEqual(pids, { current: 0 });
  const { io_service_bytes_recursive: bytes, io_queue_recursive: queue } = blockIo as Record<string, unknown>;
  assert.deepEqual(bytes, [
    { major: 254, minor: 0, op: 'read', value: 10 },
    { major: 254, minor: 0, op: 'write', value: 20 },
  ]);
  assert.equal(queue, null);
});
