// docker inspect of a container: every key of Docker's answer, with this engine's values.

import type { Container } from './container.ts';
import { askedMacAddress } from './endpoints.ts';
import { shownHostConfig } from './host-config/table.ts';
import { networkOwner } from './joined.ts';
import { shownLinks } from './links.ts';
import { shownMount } from './mounts/mount-point.ts';
import { networkSettings } from './network-settings.ts';
import { sizesOf } from './sizes.ts';

/** The body of `GET /containers/X/json`. Paths are those where Docker would keep the files: a student cannot see the machine's. */
export async function inspectContainer(container: Container, options: { readonly size: boolean }): Promise<object> {
  const { record, state, active } = container;
  const started = state.startedAt !== '0001-01-01T00:00:00Z';
  const files = `/var/lib/docker/containers/${record.id}`;
  const names = `/var/lib/docker/containers/${networkOwner(container).id}`;
  const macAddress = askedMacAddress(container);
  const layer = `/var/lib/docker/overlay2/${record.id}`;
  return {
    Id: record.id,
    Created: record.created,
    Path: record.path,
    Args: record.args,
    State: {
      Status: state.status,
      Running: active,
      Paused: state.status === 'paused',
      Restarting: state.status === 'restarting',
      OOMKilled: state.oomKilled,
      Dead: state.status === 'dead',
      Pid: state.pid,
      ExitCode: state.exitCode,
      Error: state.error,
      StartedAt: state.startedAt,
      FinishedAt: state.finishedAt,
      ...(state.health && { Health: state.health }),
    },
    Image: record.imageId,
    ResolvConfPath: started ? `${names}/resolv.conf` : '',
    HostnamePath: started ? `${names}/hostname` : '',
    HostsPath: started ? `${names}/hosts` : '',
    LogPath: started && record.hostConfig.LogConfig.Type === 'json-file' ? `${files}/${record.id}-json.log` : '',
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: container.execIds.size > 0 ? [...container.execIds] : null,
    HostConfig: { ...shownHostConfig(record.hostConfig), Links: shownLinks(container) },
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
    Mounts: record.mounts.map(shownMount),
    Config: { ...record.config, ...(macAddress !== null && { MacAddress: macAddress }) },
    NetworkSettings: networkSettings(container),
  };
}
