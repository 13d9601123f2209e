// The keys of a create request that clients send and this engine does not act on: each may stand at its default, in
// any form that a client writes a default, and is refused otherwise with what to do instead. No wish is ignored.

import { isDeepStrictEqual } from 'node:util';
import { EngineError } from '../errors.ts';

interface Unsupported {
  /** Ends the sentence `HostConfig.X is not supported yet by this engine: …`. */
  readonly advice: string;
  /** `never` where it is refused for good: `… is not possible here: …`. */
  readonly never?: true;
  /** Further values that mean the default. */
  readonly defaults?: readonly unknown[];
  /** For keys where what is empty, or 0, is a wish of its own. */
  readonly emptyIsNoDefault?: true;
}

const volumes = 'copy files into an image or make a tmpfs with --tmpfs';
const devices = 'the hosts of this machine share its devices with nobody, so leave --device and --gpus out';
const blockIo = 'leave the --blkio and --device limits out; the whole host has one';
const realTime = 'leave real-time scheduling out; limit with --cpus instead';
const ofWindows = 'it belongs to Windows containers, leave it out';

/** Keys of `HostConfig`. */
const hostConfigKeys: Readonly<Record<string, Unsupported>> = {
  Annotations: { advice: 'use labels (--label) for what describes a container' },
  Binds: { advice: `${volumes}; volumes and bind mounts (-v) come later` },
  BlkioDeviceReadBps: { advice: blockIo },
  BlkioDeviceReadIOps: { advice: blockIo },
  BlkioDeviceWriteBps: { advice: blockIo },
  BlkioDeviceWriteIOps: { advice: blockIo },
  BlkioWeight: { advice: blockIo },
  BlkioWeightDevice: { advice: blockIo },
  Cgroup: { advice: 'leave it out; every container has a cgroup of its own' },
  CgroupParent: { advice: 'leave --cgroup-parent out; containers live below their host', never: true },
  CgroupnsMode: { advice: 'leave --cgroupns out or say private', defaults: ['private'] },
  CpuCount: { advice: ofWindows },
  CpuPercent: { advice: ofWindows },
  CpuRealtimePeriod: { advice: realTime },
  CpuRealtimeRuntime: { advice: realTime },
  CpusetMems: { advice: 'leave --cpuset-mems out; memory nodes cannot be chosen' },
  DeviceCgroupRules: { advice: devices, never: true },
  DeviceRequests: { advice: devices, never: true },
  Devices: { advice: devices, never: true },
  IOMaximumBandwidth: { advice: ofWindows },
  IOMaximumIOps: { advice: ofWindows },
  Init: { advice: 'leave --init out; the first process of a container has to collect its children itself' },
  KernelMemory: { advice: 'Docker itself dropped it; use --memory' },
  KernelMemoryTCP: { advice: 'Docker itself dropped it; use --memory' },
  Links: { advice: 'leave --link out; user-defined networks with names come later' },
  LogConfig: {
    advice: 'leave --log-driver and --log-opt out; logs are kept for `docker logs`',
    defaults: [
      { Type: '', Config: {} },
      { Type: '', Config: null },
      { Type: 'json-file', Config: {} },
      { Type: 'json-file', Config: null },
    ],
  },
  MaskedPaths: { advice: 'leave systempaths=unconfined out', never: true, emptyIsNoDefault: true },
  MemorySwappiness: { advice: 'leave --memory-swappiness out', defaults: [-1], emptyIsNoDefault: true },
  Mounts: { advice: `${volumes}; --mount comes later` },
  OomKillDisable: { advice: 'leave --oom-kill-disable out; what is out of memory must be killed', never: true },
  PidMode: {
    advice:
      'leave --pid out. Every container has a PID namespace of its own; `ps` in the shell of this host shows the processes of all of them',
  },
  Privileged: {
    advice:
      'leave --privileged out. It would switch off what keeps containers apart; add the one capability you need with --cap-add',
    never: true,
  },
  ReadonlyPaths: { advice: 'leave systempaths=unconfined out', never: true, emptyIsNoDefault: true },
  RestartPolicy: {
    advice: 'leave --restart out and start the container again with `docker start`',
    defaults: ['', 'no'].flatMap((name) => [{ Name: name, MaximumRetryCount: 0 }, { Name: name }]),
  },
  Runtime: { advice: 'leave --runtime out; there is one', defaults: ['crun', 'runc'] },
  StorageOpt: { advice: 'leave --storage-opt out; the whole host has one quota' },
  Sysctls: { advice: 'leave --sysctl out' },
  UTSMode: { advice: 'leave --uts out; set a name with --hostname', never: true },
  UsernsMode: {
    advice: 'leave --userns out. Root in a container is nobody outside of it, and stays so',
    never: true,
  },
  VolumeDriver: { advice: `${volumes}; volumes come later` },
  VolumesFrom: { advice: `${volumes}; volumes come later` },
};

/** Keys of the create body's top level, the `Config`. */
const configKeys: Readonly<Record<string, Unsupported>> = {
  ArgsEscaped: { advice: ofWindows },
  Healthcheck: {
    advice: 'leave the --health options out; health checks come later',
    defaults: [{ Test: ['NONE'] }, { Test: null }, { Test: [] }],
  },
  NetworkDisabled: { advice: 'say --network none instead' },
  Shell: { advice: 'leave it out; it is for builds' },
  Volumes: { advice: `${volumes}; anonymous volumes (-v /path) come later` },
};

/** What keys this file knows, for the schema of the request. */
export const unsupportedHostConfigKeys = Object.keys(hostConfigKeys);
export const unsupportedConfigKeys = Object.keys(configKeys);

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

function isDefault(value: unknown, rule: Unsupported): boolean {
  if (value === undefined || value === null) return true;
  if (isEmpty(value)) return !rule.emptyIsNoDefault;
  // Whatever the order of its keys.
  return (rule.defaults ?? []).some((standard) => isDeepStrictEqual(standard, value));
}

function refuse(place: string, keys: Readonly<Record<string, Unsupported>>, given: Readonly<Record<string, unknown>>) {
  for (const [key, rule] of Object.entries(keys)) {
    if (isDefault(given[key], rule)) continue;
    const why = rule.never ? 'is not possible on a host of this engine' : 'is not supported yet by this engine';
    throw new EngineError('invalid', `${place}${key} ${why}: ${rule.advice}`);
  }
}

/** Throws invalid for the first key of `given` that is neither supported nor at its default. */
export function refuseUnsupportedHostConfig(given: Readonly<Record<string, unknown>>): void {
  refuse('HostConfig.', hostConfigKeys, given);
}

/** The same for the top level of the body. */
export function refuseUnsupportedConfig(given: Readonly<Record<string, unknown>>): void {
  refuse('', configKeys, given);
}
