// Requests about a host as a whole: /_ping, /version, /info, /system/df.

import { existsSync } from 'node:fs';
import os from 'node:os';
import type { CacheRecord } from '../build/cache-record.ts';
import { listContainers } from '../containers/list.ts';
import { volumesWithSizes } from '../containers/mounts/volumes.ts';
import { shownContainers } from '../containers/shown.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { insecureRegistries, isRange } from '../registries/daemon-settings.ts';
import type { Exchange } from './exchange.ts';
import { diskUsageInVersion } from './older-versions.ts';
import { ownArchitecture } from './platform.ts';
import type { Routes } from './router.ts';
import { apiVersion, compareVersions, dockerVersion, minApiVersion } from './versions.ts';

const machines: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** CPUs that the host may use, as whole ones: what `nproc` and the CLI's checks go by. */
export function cpusOf(host: Host): number {
  return Math.max(1, Math.min(Math.ceil(host.record.limits.cpus), os.availableParallelism()));
}

function ping({ request, response }: Exchange<Host>): void {
  response.writeHead(200, {
    'Builder-Version': '2',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    'Content-Length': request.method === 'HEAD' ? 0 : 2,
    'Content-Type': 'text/plain; charset=utf-8',
    Pragma: 'no-cache',
    Swarm: 'inactive',
  });
  response.end(request.method === 'HEAD' ? undefined : 'OK');
}

function version(exchange: Exchange<Host>): void {
  const { engine } = exchange.subject;
  const kernel = os.release();
  exchange.answer(200, {
    Platform: { Name: `Drydock Engine ${engine.version}` },
    Components: [
      {
        Name: 'Engine',
        Version: dockerVersion,
        Details: {
          ApiVersion: apiVersion,
          Arch: ownArchitecture,
          BuildTime: engine.startedAt,
          Experimental: 'false',
          GitCommit: '',
          GoVersion: '',
          KernelVersion: kernel,
          MinAPIVersion: minApiVersion,
          Os: 'linux',
        },
      },
      { Name: 'drydock', Version: engine.version, Details: { GitCommit: '' } },
    ],
    Version: dockerVersion,
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    GitCommit: '',
    GoVersion: '',
    Os: 'linux',
    Arch: ownArchitecture,
    KernelVersion: kernel,
    BuildTime: engine.startedAt,
  });
}

/** What `docker info` lists as insecure registries; names stand among the registries that are known. */
function insecureConfig({ record }: Host): object {
  const entries = insecureRegistries(record.pid);
  const known = (Name: string, isHub: boolean) =>
    [Name, { Mirrors: [], Name, Official: isHub, Secure: isHub }] as const;
  const names = entries.filter((entry) => !isRange(entry));
  return {
    IndexConfigs: Object.fromEntries([known('docker.io', true), ...names.map((name) => known(name, false))]),
    InsecureRegistryCIDRs: [...entries.filter(isRange), '::1/128', '127.0.0.0/8'],
  };
}

function info(exchange: Exchange<Host>): void {
  const { subject: host, version } = exchange;
  const states = shownContainers(host).map(({ state }) => state.status);
  const count = (...wanted: string[]) => states.filter((state) => wanted.includes(state)).length;
  const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');
  exchange.answer(200, {
    ID: host.id,
    Containers: states.length,
    ContainersRunning: count('running'),
    ContainersPaused: count('paused'),
    ContainersStopped: count('created', 'restarting', 'exited', 'dead', 'removing'),
    Images: host.images.stored().length,
    Driver: 'overlay2',
    DriverStatus: [
      ['Backing Filesystem', 'btrfs'],
      ['Supports d_type', 'true'],
      ['Using metacopy', 'false'],
      ['Native Overlay Diff', 'true'],
      ['userxattr', 'false'],
    ],
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'null'],
      Authorization: null,
      Log: ['json-file', 'local'],
    },
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    // Clients before 23.0 print a warning if it is left out; later ones do not ask.
    ...(compareVersions(version, '1.50') < 0 && { BridgeNfIptables: true, BridgeNfIp6tables: true }),
    Debug: false,
    NFd: 0,
    OomKillDisable: false,
    NGoroutines: 0,
    SystemTime: new Date().toISOString(),
    LoggingDriver: 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: unified ? '2' : '1',
    NEventsListener: 0,
    KernelVersion: os.release(),
    OperatingSystem: 'Drydock host (Debian GNU/Linux)',
    OSVersion: '',
    OSType: 'linux',
    Architecture: machines[process.arch] ?? process.arch,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: {
      ...insecureConfig(host),
      Mirrors: null,
    },
    NCPU: cpusOf(host),
    MemTotal: Math.min(host.record.limits.memoryBytes, os.totalmem()),
    GenericResources: null,
    DockerRootDir: '/var/lib/docker',
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: host.record.hostname,
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: dockerVersion,
    Runtimes: { runc: { path: 'crun' } },
    DefaultRuntime: 'runc',
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: 'docker-init',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: '' },
    SecurityOptions: ['name=seccomp,profile=builtin', 'name=userns', 'name=cgroupns'],
    CDISpecDirs: [],
    Warnings: null,
  });
}

interface ImageSummary {
  readonly Id?: unknown;
  readonly Size?: unknown;
}

function imagesOf(host: Host): readonly ImageSummary[] {
  return host.images.list(new Map(), { all: false, digests: false, sharedSize: true });
}

function cacheRecord(record: CacheRecord): object {
  const { id, type, description, inUse, isShared, bytes, createdAt, usedAt, uses } = record;
  return {
    ID: id,
    Type: type,
    Description: description,
    InUse: inUse,
    Shared: isShared,
    Size: bytes,
    CreatedAt: createdAt,
    LastUsedAt: usedAt,
    UsageCount: uses,
  };
}

const objectTypes = ['container', 'image', 'volume', 'build-cache'];

/** `?type=` asks for some of the lists only. The others are null then, and are not counted. */
async function diskUsage(exchange: Exchange<Host>): Promise<void> {
  const host = exchange.subject;
  const asked = exchange.query.getAll('type').slice(0, objectTypes.length + 1);
  const unknown = asked.find((type) => !objectTypes.includes(type));
  if (unknown !== undefined) throw new EngineError('invalid', `unknown object type: ${unknown.slice(0, 80)}`);
  const wants = (type: string): boolean => asked.length === 0 || asked.includes(type);
  const all = { all: true, limit: null, size: true, filters: new Map() };
  const usage = {
    LayersSize: wants('image') ? host.images.layersSize() : 0,
    Images: wants('image') ? imagesOf(host) : null,
    Containers: wants('container') ? await listContainers(host, all) : null,
    Volumes: wants('volume') ? await volumesWithSizes(host) : null,
    BuildCache: wants('build-cache') ? (await (await host.builder()).cache.records([])).map(cacheRecord) : null,
  };
  exchange.answer(200, diskUsageInVersion(exchange.version, usage));
}

export const systemRoutes: Routes<Host> = {
  'GET /_ping': ping,
  'GET /version': version,
  'GET /info': info,
  'GET /system/df': diskUsage,
};
