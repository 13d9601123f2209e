// The table of HostConfig's keys: it has each key of Docker's once, and a record of an engine that knew fewer keys is still read.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { parseCreateRequest } from '../../../runtime/containers/create-request.ts';
import { hostConfigKeys } from '../../../runtime/containers/host-config/keys.ts';
import {
  type HostConfig,
  limitsOf,
  shownHostConfig,
  storedHostConfig,
  themes,
} from '../../../runtime/containers/host-config/table.ts';

/** What Docker's own clients send always, recorded of docker 28.5.2: all keys but those that are left out where they are empty. */
const recorded: string[] = Object.keys(
  JSON.parse(readFileSync(new URL('create-bodies.json', import.meta.url), 'utf8'))['docker run'].HostConfig,
);
/** The others of Docker 28.5 (moby's `api/types/container/hostconfig.go`, API 1.51). */
const leftOutWhereEmpty = [
  ...['Annotations', 'StorageOpt', 'Tmpfs', 'Sysctls', 'Runtime'],
  ...['KernelMemory', 'KernelMemoryTCP', 'Mounts', 'Init'],
];

const hostConfig = (given: object): HostConfig =>
  parseCreateRequest({ Image: 'busybox', HostConfig: given }, 2).hostConfig;

describe('the table', () => {
  test('has one row for each key of Docker’s HostConfig, and no other', () => {
    const rows = Object.values(themes).flatMap((theme) => Object.keys(theme));
    assert.deepEqual(rows.toSorted(), [...recorded, ...leftOutWhereEmpty].toSorted());
  });

  test('has Docker’s order', () => {
    const always = hostConfigKeys.filter((key) => !leftOutWhereEmpty.includes(key));
    assert.deepEqual(always, recorded);
  });
});

describe('inspect', () => {
  test('shows every key that Docker shows, in its order', () => {
    const shown = Object.keys(JSON.parse(JSON.stringify(shownHostConfig(hostConfig({})))));
    assert.deepEqual(
      shown,
      hostConfigKeys.filter((key) => !leftOutWhereEmpty.includes(key) || key === 'Runtime'),
    );
  });

  test('shows the default of a key that the engine which stored the record did not know', () => {
    const stored: Record<string, unknown> = { ...hostConfig({ Memory: 33554432 }) };
    for (const key of ['Isolation', 'GroupAdd', 'ShmSize']) delete stored[key];
    const shown = shownHostConfig(storedHostConfig.parse(stored)) as Record<string, unknown>;
    const { Isolation, GroupAdd, ShmSize, Memory } = shown;
    assert.deepEqual([Isolation, GroupAdd, ShmSize, Memory], ['', null, 67108864, 33554432]);
  });
});

describe('a record', () => {
  test('is read as it was kept, whatever was asked for', () => {
    const asked = {
      ...{ CapAdd: ['net_admin'], GroupAdd: ['7'], SecurityOpt: ['no-new-privileges'], ExtraHosts: ['x:10.0.0.1'] },
      ...{ Dns: ['10.0.0.1'], Tmpfs: { '/t': 'size=1m' }, PidsLimit: 7, ConsoleSize: [24, 80], NanoCpus: 500_000_000 },
      PortBindings: { '80/tcp': [{ HostPort: '8080' }] },
      Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
    };
    for (const own of [hostConfig({}), hostConfig(asked)])
      assert.deepEqual(storedHostConfig.parse(JSON.parse(JSON.stringify(own))), own);
  });
});

describe('the limits of a container', () => {
  const most = { pids: { limit: 256 } };
  const table: [given: object, limits: object][] = [
    [{}, most],
    [{ PidsLimit: -1 }, most],
    [{ PidsLimit: 7 }, { pids: { limit: 7 } }],
    [{ Memory: 33554432 }, { ...most, memory: { limit: 33554432, swap: 33554432 } }],
    [
      { Memory: 33554432, MemorySwap: -1 },
      { ...most, memory: { limit: 33554432, swap: 33554432 } },
    ],
    [
      { Memory: 33554432, MemorySwap: 67108864 },
      { ...most, memory: { limit: 33554432, swap: 67108864 } },
    ],
    [{ MemoryReservation: 16777216 }, { ...most, memory: { reservation: 16777216 } }],
    [{ CpusetMems: '0' }, { ...most, cpu: { mems: '0' } }],
    [{ MemorySwappiness: 0 }, { ...most, memory: { swappiness: 0 } }],
    [{ NanoCpus: 500_000_000 }, { ...most, cpu: { quota: 50_000, period: 100_000 } }],
    [
      { NanoCpus: 500_000_000, CpuQuota: -1 },
      { ...most, cpu: { quota: 50_000, period: 100_000 } },
    ],
    [
      { CpuQuota: 5000, CpuPeriod: 10_000 },
      { ...most, cpu: { quota: 5000, period: 10_000 } },
    ],
    [
      { CpuShares: 512, CpusetCpus: '0' },
      { ...most, cpu: { shares: 512, cpus: '0' } },
    ],
  ];
  for (const [given, limits] of table)
    test(`of ${JSON.stringify(given)}`, () => {
      assert.deepEqual(limitsOf(hostConfig(given)), limits);
    });
});
