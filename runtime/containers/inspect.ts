// docker inspect of a container: every key that Docker's answer has, with what is so in this engine.

import { maskedPaths, readonlyPaths } from '../oci/machine-paths.ts';
import type { Container, HostConfig } from './container.ts';
import { networkOwner } from './network-mode.ts';
import { networkSettings } from './network-settings.ts';
import { sizesOf } from './sizes.ts';

/** The whole `HostConfig` in moby's order: what the engine acts on, and the rest at the only value that it has here. */
function wholeHostConfig(own: HostConfig): object {
  return {
    Binds: null,
    ContainerIDFile: '',
    LogConfig: { Type: 'json-file', Config: {} },
    NetworkMode: own.NetworkMode,
    PortBindings: own.PortBindings,
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    AutoRemove: own.AutoRemove,
    VolumeDriver: '',
    VolumesFrom: null,
    ConsoleSize: own.ConsoleSize,
    CapAdd: own.CapAdd,
    CapDrop: own.CapDrop,
    CgroupnsMode: 'private',
    Dns: own.Dns,
    DnsOptions: own.DnsOptions,
    DnsSearch: own.DnsSearch,
    ExtraHosts: own.ExtraHosts,
    GroupAdd: own.GroupAdd,
    IpcMode: own.IpcMode,
    Cgroup: '',
    Links: null,
    OomScoreAdj: own.OomScoreAdj,
    PidMode: own.PidMode,
    Privileged: false,
    PublishAllPorts: own.PublishAllPorts,
    ReadonlyRootfs: own.ReadonlyRootfs,
    SecurityOpt: own.SecurityOpt,
    ...(Object.keys(own.Tmpfs).length > 0 && { Tmpfs: own.Tmpfs }),
    UTSMode: '',
    UsernsMode: '',
    ShmSize: own.ShmSize,
    Runtime: 'runc', // Docker's name for the one that is there
    Isolation: own.Isolation ?? '',
    CpuShares: own.CpuShares,
    Memory: own.Memory,
    NanoCpus: own.NanoCpus,
    CgroupParent: '',
    BlkioWeight: 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
    CpuPeriod: own.CpuPeriod,
    CpuQuota: own.CpuQuota,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: own.CpusetCpus,
    CpusetMems: '',
    Devices: [],
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: own.MemoryReservation,
    MemorySwap: own.MemorySwap,
    MemorySwappiness: null,
    OomKillDisable: false,
    PidsLimit: own.PidsLimit,
    Ulimits: own.Ulimits,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: maskedPaths,
    ReadonlyPaths: readonlyPaths,
  };
}

/** The body of `GET /containers/X/json`. Paths are where Docker would keep these files; a student has no machine to look on. */
export async function inspectContainer(container: Container, options: { readonly size: boolean }): Promise<object> {
  const { record, state, running } = container;
  const started = state.startedAt !== '0001-01-01T00:00:00Z';
  const files = `/var/lib/docker/containers/${record.id}`;
  const names = `/var/lib/docker/containers/${networkOwner(container).id}`;
  const layer = `/var/lib/docker/overlay2/${record.id}`;
  return {
    Id: record.id,
    Created: record.created,
    Path: record.path,
    Args: record.args,
    State: {
      Status: state.status,
      Running: running,
      Paused: state.status === 'paused',
      Restarting: false,
      OOMKilled: state.oomKilled,
      Dead: state.status === 'dead',
      Pid: state.pid,
      ExitCode: state.exitCode,
      Error: state.error,
      StartedAt: state.startedAt,
      FinishedAt: state.finishedAt,
    },
    Image: record.imageId,
    ResolvConfPath: started ? `${names}/resolv.conf` : '',
    HostnamePath: started ? `${names}/hostname` : '',
    HostsPath: started ? `${names}/hosts` : '',
    LogPath: started ? `${files}/${record.id}-json.log` : '',
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: container.execIds.size > 0 ? [...container.execIds] : null,
    HostConfig: wholeHostConfig(record.hostConfig),
    GraphDriver: {
      Data: {
        ID: record.id,
        LowerDir: `${layer}-init/diff`,
        MergedDir: `${layer}/merged`,
        UpperDir: `${layer}/diff`,
        WorkDir: `${layer}/work`,
      },
      Name: 'overlay2',
    },
    ...(options.size && (await sizesOf(container))),
    Mounts: [],
    Config: record.config,
    NetworkSettings: networkSettings(container),
  };
}
