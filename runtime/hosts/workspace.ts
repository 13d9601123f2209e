// The workspace: a host's root container, whose PID namespace holds every container of the host.

import fs from 'node:fs';
import { mountOwnDevices } from '../kernel/devices.ts';
import { bindMount } from '../kernel/mounts.ts';
import { nft } from '../kernel/nft.ts';
import { mountTerminals } from '../kernel/terminals.ts';
import { limitUserNamespace, openUserNamespace } from '../kernel/user-namespace.ts';
import { leastOomScore, maxTerminalsInWorkspace } from '../limits.ts';
import { createBridge } from '../networks/bridge.ts';
import { networkFileNames, writeNetworkFiles } from '../networks/files.ts';
import { hubHosts } from '../networks/hub-address.ts';
import { natRules } from '../networks/nat.ts';
import { bridgesOf, madeNetworks } from '../networks/network.ts';
import { workspaceCapabilities } from '../oci/capabilities.ts';
import { containerSpec, type SpecInput } from '../oci/spec.ts';
import { createOwnLayer, mountRootfs } from '../processes/rootfs.ts';
import { runProcess } from '../processes/run-process.ts';
import { volumesDirectory } from '../volumes/volumes.ts';
import type { Host } from './host.ts';
import { joinLink, othersOnLink } from './link.ts';
import { isOpen, joinInternet } from './open-egress.ts';
import { trustHub } from './trust-hub.ts';
import { workshopName } from './workshop-name.ts';

/** The hostname that a student sees where the lab gives none. */
export const defaultHostname = 'docker-host';

/** The workshop has nothing but a busybox. Its shell takes up, while it waits, whatever process has lost its parent. */
const workshopInit = ['/bin/sh', '-c', 'while :; do sleep 86400; done'];

/** The workspace's id to the OCI runtime. */
export const workspaceId = (host: Host): string => `w${host.id}`;
/** The name of the workspace's cgroup, beside those of the host's containers. */
export const workspaceGroupName = 'workspace';
const workspaceGroup = (host: Host): string => `${host.group}/${workspaceGroupName}`;

/**
 * Starts the workspace of a host whose directories and cgroup are there, and stores its PID. Its conmon holds `socket`, a descriptor,
 * as long as it runs. About 60 ms.
 */
export async function startWorkspace(host: Host, socket: number): Promise<void> {
  const { engine, record } = host;
  const { stage } = engine;
  const [image, userns] = await Promise.all([
    engine.images.workspace(record.workspace),
    openUserNamespace(record.uidBase, engine.tools.runtime),
  ]);
  try {
    const directory = `${host.directory}/workspace`;
    const layers = record.workspaceLayers ?? image.layers;
    if (!fs.existsSync(directory)) {
      createOwnLayer(directory, record.uidBase);
      trustHub(`${directory}/upper`, record.uidBase, engine.hub.authority);
    }
    host.volumes.makeDirectory();
    writeNetworkFiles(`${directory}/etc`, record.uidBase, {
      hostname: record.hostname,
      domainname: '',
      ipAddresses: [record.link?.address ?? '127.0.1.1'],
      extraHosts: [...othersOnLink(host), ...hubHosts],
      dns: host.nameServers,
      dnsSearch: [],
      dnsOptions: [],
      embeddedDns: false,
      takenFrom: null,
    });
    const limited = limitUserNamespace(userns);
    limited.catch(() => undefined); // thrown below
    const spec = specOf(host, image.config, userns);
    await runProcess({
      kind: 'create',
      host,
      id: workspaceId(host),
      containerGroup: workspaceGroup(host),
      insidePid: null,
      command: spec.process.args[0] ?? '',
      bundle: host.bundle('workspace'),
      logPath: `${directory}/log`,
      exitDirectory: engine.paths.exits,
      terminal: false,
      stdin: false,
      leaveStdinOpen: false,
      keeps: socket,
      oomScoreAdj: leastOomScore,
      prepare: () => {
        mountRootfs({ layersDirectory: engine.images.layersDirectory, layers, directory, stage }, userns);
        bindMount(`${directory}/etc`, stage.etc);
        bindMount(host.guestDirectory, stage.guest);
        bindMount(host.volumes.directory, stage.volumes);
        mountOwnDevices(stage.devices, record.uidBase, false);
        mountTerminals({ directory: stage.terminals, owner: record.uidBase, most: maxTerminalsInWorkspace });
        return containerSpec(spec);
      },
      onReady: async ({ machinePid }) => {
        for (const bridge of bridgesOf(host.networks)) createBridge(machinePid, bridge);
        joinLink(host, machinePid);
        joinInternet(host, machinePid);
        // A container speaks to other hosts by the address of its own host, as on any two machines; networks are kept apart.
        if (record.link || isOpen(host) || madeNetworks(host.networks).length > 0)
          await nft(machinePid, natRules(bridgesOf(host.networks)));
        await limited;
      },
      onRunning: ({ machinePid, startTicks }) => {
        host.save({ pid: machinePid, startTicks, workspaceLayers: layers });
      },
    });
  } finally {
    fs.closeSync(userns);
  }
}

function specOf(
  host: Host,
  config: { readonly Entrypoint?: readonly string[] | null; readonly Env?: readonly string[] },
  userns: number,
): SpecInput {
  const { stage } = host.engine;
  return {
    process: {
      args: host.name === workshopName ? workshopInit : (config.Entrypoint ?? ['/usr/bin/catatonit', '-P']),
      env: [...(config.Env ?? []), `HOSTNAME=${host.record.hostname}`],
      cwd: '/',
      user: { uid: 0, gid: 0, additionalGids: [] },
      terminal: false,
      consoleSize: null,
      capabilities: workspaceCapabilities,
      noNewPrivileges: false,
      oomScoreAdj: leastOomScore,
      ulimits: [],
    },
    rootfs: stage.rootfs,
    devices: stage.devices,
    terminals: stage.terminals,
    readonlyRootfs: false,
    openSystemPaths: false,
    hostname: host.record.hostname,
    domainname: '',
    files: [
      ...networkFileNames.map((name) => ({
        destination: `/etc/${name}`,
        source: `${stage.etc}/${name}`,
        readonly: false,
      })),
      { destination: '/run/docker-host', source: stage.guest, readonly: true },
      { destination: volumesDirectory, source: stage.volumes, readonly: false },
    ],
    mounts: [],
    shmBytes: 64 * 1024 * 1024,
    uidBase: host.record.uidBase,
    namespaces: {
      user: { path: `/proc/${process.pid}/fd/${userns}` },
      pid: { path: null },
      network: { path: null },
      ipc: { path: null },
      uts: { path: null },
    },
    sysctls: {},
    cgroupsPath: `/${workspaceGroup(host)}`,
    // The cgroup above allows more: conmon and the OCI runtime must be able to start when the workspace is full of processes.
    resources: { pids: { limit: host.record.limits.pids } },
  };
}
