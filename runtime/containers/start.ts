// docker start: mounts, namespaces, network, process. Everything that is made here is undone by finish.ts.

import fs from 'node:fs';
import { at, EngineError } from '../errors.ts';
import { mountOwnDevices } from '../kernel/devices.ts';
import { bindMount } from '../kernel/mounts.ts';
import { isEnding } from '../kernel/processes.ts';
import { mountTerminals } from '../kernel/terminals.ts';
import { maxTerminalsPerContainer } from '../limits.ts';
import { type Endpoints, inOrder, noEndpoints } from '../networks/endpoint.ts';
import { networkFileNames, writeNetworkFiles } from '../networks/files.ts';
import type { PublishedPort } from '../networks/ports.ts';
import { containerSpec } from '../oci/spec.ts';
import { oomScoreOf, processInputOf } from '../processes/process-input.ts';
import { mountRootfs, userFilesOf } from '../processes/rootfs.ts';
import { type ContainerPlan, type HeldProcess, runProcess } from '../processes/run-process.ts';
import { never, now } from './clock.ts';
import type { Container } from './container.ts';
import type { ContainerConfig } from './container-record.ts';
import { discard } from './discard.ts';
import { chooseEndpoints, connectEndpoints } from './endpoints.ts';
import { emit } from './events.ts';
import { cleanUpOrLater, finishContainer, needClean } from './finish.ts';
import { limitsOf } from './host-config/table.ts';
import { namespaceFor, networkModeOf, networkNamespace, networkOwner } from './joined.ts';
import { emitNetwork } from './network-events.ts';
import { choosePublishedPorts, publishPorts } from './published-ports.ts';

/** Throws conflict (paused, being removed), refused (port taken), invalid (no such user, command not found), internal. */
export function startContainer(container: Container): Promise<'started' | 'alreadyRunning'> {
  return container.withLock(async () => {
    if (container.state.status === 'paused') {
      throw new EngineError('conflict', 'cannot start a paused container, try unpause instead');
    }
    if (container.running) return 'alreadyRunning';
    if (container.state.status === 'removing' || container.state.status === 'dead') {
      throw new EngineError('conflict', 'container is marked for removal and cannot be started');
    }
    await startStopped(container);
    return 'started';
  });
}

/** Where a container was before: its endpoints, and the ports of the host that led to it. */
export interface Place {
  readonly endpoints: Endpoints;
  readonly ports: readonly PublishedPort[];
}

/** Starts a container that does not run, at `place` if it is free; the caller holds its lock. */
export async function startStopped(container: Container, place: Place | null = null): Promise<void> {
  const { host } = container;
  await host.engine.starts.pass(host.name, async () => {
    await host.turns.next(`start ${container.name}`);
    await startNow(container, place);
  });
}

async function startNow(container: Container, place: Place | null): Promise<void> {
  const { host } = container;
  host.needRunning();
  const bridged = networkModeOf(container.record).kind === 'bridged';
  await needClean(container);
  try {
    host.engine.exits.forget(container.id); // what a start that was cut off may have left
    const endpoints = chooseEndpoints(container, place?.endpoints ?? noEndpoints);
    const ports = bridged ? choosePublishedPorts(container, endpoints, place?.ports ?? null) : [];
    // One that is started again with its host is as the student started it, though nobody is attached now.
    const foreground = place === null ? container.console.hasClients : container.record.foreground;
    container.save({ endpoints, ports, foreground, config: configWithNames(container) });
    await runProcess({
      ...planOf(container, writeNames(container)),
      onReady: async (process: HeldProcess) => {
        expectExit(container, { pid: process.machinePid, startTicks: process.startTicks });
        connectEndpoints(container, process.machinePid);
        await publishPorts(container);
        container.console.connect();
      },
      onRunning: (process: HeldProcess) => {
        container.saveState({
          ...process,
          status: 'running',
          exitCode: 0,
          oomKilled: false,
          interrupted: false,
          error: '',
          startedAt: now(),
          finishedAt: never,
        });
      },
    });
    container.console.started();
    emitNetwork(container, 'connect');
    emit(container, 'start');
  } catch (error) {
    const failure = error instanceof EngineError ? error : at('start container', error);
    host.engine.exits.forget(container.id);
    const isClean = await cleanUpOrLater(container);
    const state = { ...container.state, exitCode: failure.exitCode ?? notStartedExitCode, error: failure.message };
    container.save({ endpoints: noEndpoints, ports: [], state });
    // As moby does: who asked for --rm waits until it is gone, also when it never ran.
    if (isClean && container.record.hostConfig.AutoRemove && !host.startsAgain(container.id)) await discard(container);
    throw failure;
  }
}

/** Of a container that did not start, where the OCI runtime gives no other: as moby has it. */
const notStartedExitCode = 128;

/** Finishes the container once its process ends: after the verb that holds its lock, which may still be the start itself. */
export function expectExit(container: Container, process: { readonly pid: number; readonly startTicks: number }): void {
  const { host } = container;
  host.engine.exits.expect(container.id, process, (exitCode) => {
    // Ended by the kernel with the host's init: `finishHost` knows what is to be said of it, and what runs again.
    if (isEnding(host.record.pid, host.record.startTicks) && host.tellEnding !== null) host.tellEnding();
    else void container.withLock(() => finishContainer(container, exitCode));
  });
}

/** How its process is run. `etc` is the directory with its network files. */
function planOf(container: Container, etc: string): Omit<ContainerPlan, 'onReady' | 'onRunning'> {
  const { host, directory, record } = container;
  const { engine } = host;
  const { config } = record;
  const { stage } = engine;
  const { layers } = host.images.resolve(record.imageId);
  return {
    kind: 'create',
    host,
    id: container.id,
    containerGroup: container.group,
    insidePid: host.record.pid,
    command: record.path,
    bundle: container.bundle,
    logPath: container.logPath,
    exitDirectory: engine.paths.exits,
    terminal: config.Tty,
    stdin: config.OpenStdin,
    leaveStdinOpen: config.Tty || !config.StdinOnce,
    oomScoreAdj: oomScoreOf(record.hostConfig),
    prepare: () => {
      const userns = fs.openSync(`/proc/${host.record.pid}/ns/user`, 'r');
      try {
        mountRootfs({ layersDirectory: engine.images.layersDirectory, layers, directory, stage }, userns);
      } finally {
        fs.closeSync(userns);
      }
      bindMount(etc, stage.etc);
      mountOwnDevices(stage.devices, host.record.uidBase, config.Tty);
      mountTerminals(stage.terminals, host.record.uidBase, maxTerminalsPerContainer);
      return specOf(container);
    },
  };
}

/** The container's configuration, with the names of the container whose network it joins. */
function configWithNames(container: Container): ContainerConfig {
  const owner = networkOwner(container);
  const { Hostname, Domainname } = owner.record.config;
  return owner === container ? container.record.config : { ...container.record.config, Hostname, Domainname };
}

/** Writes the files that give the container its names, where it joins no other container's network. Their directory. */
function writeNames(container: Container): string {
  const { host, directory } = container;
  const owner = networkOwner(container);
  if (owner !== container) return `${owner.directory}/etc`;
  const { config, hostConfig, endpoints } = container.record;
  writeNetworkFiles(`${directory}/etc`, host.record.uidBase, {
    hostname: config.Hostname,
    domainname: config.Domainname,
    ipAddresses: inOrder(endpoints).map(([, { ipAddress }]) => ipAddress),
    extraHosts: hostConfig.ExtraHosts ?? [],
    dns: hostConfig.Dns,
    dnsSearch: hostConfig.DnsSearch,
    dnsOptions: hostConfig.DnsOptions,
    takenFrom: networkModeOf(container.record).kind === 'host' ? `${host.directory}/workspace/etc` : null,
  });
  return `${directory}/etc`;
}

/** Called where the container's root file system is mounted on the stage. */
function specOf(container: Container): object {
  const { host, record } = container;
  const { config, hostConfig } = record;
  const { stage } = host.engine;
  const console = config.Tty && hostConfig.ConsoleSize[0] > 0 ? hostConfig.ConsoleSize : null;
  const choice = {
    args: [record.path, ...record.args],
    user: config.User,
    env: [],
    workingDir: config.WorkingDir,
    terminal: config.Tty,
    consoleSize: console,
  };
  const input = processInputOf(record, choice, userFilesOf(stage.rootfs));
  return containerSpec({
    process: input,
    rootfs: stage.rootfs,
    devices: stage.devices,
    terminals: stage.terminals,
    readonlyRootfs: hostConfig.ReadonlyRootfs,
    hostname: config.Hostname,
    files: networkFileNames.map((name) => ({
      destination: `/etc/${name}`,
      source: `${stage.etc}/${name}`,
      readonly: false,
    })),
    tmpfs: hostConfig.Tmpfs,
    shmBytes: hostConfig.ShmSize > 0 ? hostConfig.ShmSize : 64 * 1024 * 1024,
    uidBase: host.record.uidBase,
    namespaces: {
      user: { path: '/proc/1/ns/user' },
      pid: namespaceFor(container, 'pid', hostConfig.PidMode),
      network: networkNamespace(container),
      ipc: namespaceFor(container, 'ipc', hostConfig.IpcMode),
    },
    cgroupsPath: `/${container.group}`,
    resources: limitsOf(hostConfig),
  });
}
