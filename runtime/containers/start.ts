// docker start: mounts, namespaces, network, process. Everything that is made here is undone by finish.ts.

import fs from 'node:fs';
import { at, EngineError } from '../errors.ts';
import { mountOwnDevices } from '../kernel/devices.ts';
import { bindMount } from '../kernel/mounts.ts';
import { isEnding } from '../kernel/processes.ts';
import { type Endpoints, noEndpoints } from '../networks/endpoint.ts';
import { networkFileNames } from '../networks/files.ts';
import type { PublishedPort } from '../networks/ports.ts';
import { containerSpec } from '../oci/spec.ts';
import { oomScoreOf, processInputOf } from '../processes/process-input.ts';
import { mountRootfs, userFilesOf } from '../processes/rootfs.ts';
import { type ContainerPlan, type HeldProcess, runProcess } from '../processes/run-process.ts';
import { never, now } from './clock.ts';
import type { Container } from './container.ts';
import type { ContainerConfig } from './container-record.ts';
import { needDevices } from './devices.ts';
import { discard } from './discard.ts';
import { chooseEndpoints, connectEndpoints } from './endpoints.ts';
import { emit } from './events.ts';
import { cleanUpOrLater, finishContainer, needClean } from './finish.ts';
import { healthAtStart } from './health.ts';
import { watchHealth } from './health-checks.ts';
import { limitsOf } from './host-config/table.ts';
import { initFile, withInit } from './init-program.ts';
import { namespaceFor, networkNamespace, networkOwner, utsNamespace } from './joined.ts';
import { linkedEnv, needLinked, tellLinked } from './links.ts';
import { logBytesOf } from './log-config.ts';
import { emitMounts } from './mounts/events.ts';
import { stageMounts } from './mounts/stage-mounts.ts';
import { writeNames } from './names-in-files.ts';
import { emitNetworks } from './network-events.ts';
import { choosePublishedPorts, publishPorts } from './published-ports.ts';
import { openResolver } from './resolver.ts';
import { scheduleRestart } from './restart-by-policy.ts';
import { takeTerminals } from './take-terminals.ts';

/** Throws conflict (paused, being removed), refused (port taken), invalid (no such user, command not found), internal. */
export function startContainer(container: Container): Promise<'started' | 'alreadyRunning'> {
  return container.withLock(async () => {
    if (container.state.status === 'paused') {
      throw new EngineError('conflict', 'cannot start a paused container, try unpause instead');
    }
    if (container.active) return 'alreadyRunning';
    if (container.state.status === 'removing' || container.state.status === 'dead') {
      throw new EngineError('conflict', 'container is marked for removal and cannot be started');
    }
    await startStopped(container);
    return 'started';
  });
}

/** A container's endpoints, and the host's ports that were forwarded to it, before its last end. */
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
  await needClean(container);
  // Its file system is never mounted twice.
  await container.fileUses.end(`container ${container.name} is started`);
  try {
    needLinked(container);
    host.engine.exits.forget(container.id); // an interrupted start may have left an exit code
    needDevices(container);
    const endpoints = chooseEndpoints(container, place?.endpoints ?? container.keptEndpoints);
    const ports = choosePublishedPorts(container, endpoints, place?.ports ?? null);
    // A container that is started again with its host counts as the student started it, though nobody is attached now.
    const byHand = place === null && container.state.status !== 'restarting';
    const foreground = byHand ? container.console.hasClients : container.record.foreground;
    if (byHand) container.restartDelayMs = 0;
    const restartCount = byHand ? 0 : container.record.restartCount;
    container.save({ endpoints, ports, foreground, restartCount, config: configWithNames(container) });
    container.keptEndpoints = noEndpoints;
    await runProcess({
      ...planOf(container, writeNames(container)),
      onReady: async (process: HeldProcess) => {
        expectExit(container, { pid: process.machinePid, startTicks: process.startTicks });
        connectEndpoints(container, process.machinePid);
        openResolver(container, process.machinePid);
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
          manualEnd: 'none',
          health: healthAtStart(container.record.config.Healthcheck, container.state.health),
          error: '',
          startedAt: now(),
          finishedAt: never,
        });
      },
    });
    container.console.started();
    tellLinked(container);
    watchHealth(container);
    emitMounts(container, 'mount');
    emitNetworks(container, 'connect');
    emit(container, 'start');
  } catch (error) {
    const failure = error instanceof EngineError ? error : at('start container', error);
    host.engine.exits.forget(container.id);
    const isClean = await cleanUpOrLater(container);
    const { state } = container;
    const exitCode = failure.exitCode ?? notStartedExitCode;
    const status = state.status === 'restarting' ? 'exited' : state.status;
    container.keptEndpoints = noEndpoints;
    container.save({
      endpoints: noEndpoints,
      ports: [],
      state: { ...state, status, exitCode, error: failure.message },
    });
    // As in moby: with --rm the client waits until the container is removed, even if it never ran.
    if (isClean && container.record.hostConfig.AutoRemove && !host.startsAgain(container.id))
      await discard(container, { volumes: true });
    throw failure;
  }
}

/** Exit code of a container that did not start, if the OCI runtime gives no other: as in moby. */
const notStartedExitCode = 128;

/** Finishes the container once its process ends: after the verb that holds its lock, which may still be the start itself. */
export function expectExit(container: Container, process: { readonly pid: number; readonly startTicks: number }): void {
  const { host } = container;
  host.engine.exits.expect(container.id, process, (exitCode) => {
    // The kernel ended it with the host's init. `finishHost` stores its end, and whether it runs again.
    if (isEnding(host.record.pid, host.record.startTicks) && host.tellEnding !== null) host.tellEnding();
    else void container.withLock(() => finishContainer(container, exitCode)).then(() => restartLater(container));
  });
}

/** Starts a container again as its policy wants it; nothing where that wants nothing. */
export function restartLater(container: Container): void {
  if (container.state.status === 'restarting') scheduleRestart(container, startStopped);
}

/** How its process is run. `etc` is the directory with its network files. */
function planOf(container: Container, etc: string): Omit<ContainerPlan, 'onReady' | 'onRunning'> {
  const { host, directory, record } = container;
  const { engine } = host;
  const { config, hostConfig } = record;
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
    logPath: hostConfig.LogConfig.Type === 'none' ? null : container.logPath,
    logBytes: logBytesOf(hostConfig.LogConfig),
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
      takeTerminals(container);
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

/** Called where the container's root file system is mounted on the stage. */
function specOf(container: Container): object {
  const { host, record } = container;
  const { config, hostConfig } = record;
  const { stage } = host.engine;
  const console = config.Tty && hostConfig.ConsoleSize[0] > 0 ? hostConfig.ConsoleSize : null;
  const choice = {
    args: hostConfig.Init ? withInit([record.path, ...record.args]) : [record.path, ...record.args],
    user: config.User,
    linkedEnv: linkedEnv(container),
    env: container.stepEnv,
    workingDir: config.WorkingDir,
    terminal: config.Tty,
    consoleSize: console,
    privileged: hostConfig.Privileged,
  };
  const input = processInputOf(record, choice, userFilesOf(stage.rootfs));
  return containerSpec({
    process: input,
    rootfs: stage.rootfs,
    devices: stage.devices,
    terminals: stage.terminals,
    readonlyRootfs: hostConfig.ReadonlyRootfs,
    openSystemPaths: hostConfig.Privileged,
    hostname: config.Hostname,
    domainname: config.Domainname,
    files: [
      ...networkFileNames
        // A step may write /etc/hostname into its layer.
        .filter((name) => !container.hasFixedNames || name !== 'hostname')
        .map((name) => ({
          destination: `/etc/${name}`,
          source: `${stage.etc}/${name}`,
          readonly: container.hasFixedNames,
        })),
      ...(hostConfig.Init ? [initFile(container)] : []),
    ],
    mounts: stageMounts(container),
    shmBytes: hostConfig.IpcMode === 'none' ? 0 : hostConfig.ShmSize,
    uidBase: host.record.uidBase,
    namespaces: {
      user: { path: '/proc/1/ns/user' },
      pid: namespaceFor(container, 'pid', hostConfig.PidMode),
      network: networkNamespace(container),
      ipc: namespaceFor(container, 'ipc', hostConfig.IpcMode),
      uts: utsNamespace(hostConfig.UTSMode),
    },
    sysctls: hostConfig.Sysctls,
    cgroupsPath: `/${container.group}`,
    resources: limitsOf(hostConfig),
  });
}
