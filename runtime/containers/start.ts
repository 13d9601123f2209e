// docker start: mounts, namespaces, network, process. Everything that is made here is undone by finish.ts.

import fs from 'node:fs';
import { isIPv6 } from 'node:net';
import { at, EngineError } from '../errors.ts';
import { mountOwnDevices } from '../kernel/devices.ts';
import { bindMount } from '../kernel/mounts.ts';
import { isEnding } from '../kernel/processes.ts';
import { mountTerminals } from '../kernel/terminals.ts';
import { maxTerminalsPerContainer } from '../limits.ts';
import { allocateEndpoint, connectToBridge, raiseLoopback } from '../networks/bridge.ts';
import { networkFileNames, writeNetworkFiles } from '../networks/files.ts';
import { choosePorts, hostPortsOf, publish, type WantedPort } from '../networks/publish.ts';
import { containerSpec } from '../oci/spec.ts';
import { oomScoreOf, processInputOf } from '../processes/process-input.ts';
import { mountRootfs, userFilesOf } from '../processes/rootfs.ts';
import { type ContainerPlan, type HeldProcess, runProcess } from '../processes/run-process.ts';
import { never, now } from './clock.ts';
import type { Container, Endpoint, PublishedPort } from './container.ts';
import { discard } from './discard.ts';
import { emit } from './events.ts';
import { cleanUpOrLater, finishContainer, needClean } from './finish.ts';
import { limitsOf } from './host-config/table.ts';
import { lastRunInForeground } from './last-run.ts';
import { emitNetwork } from './network-events.ts';
import { isBridged, namespaceFor, networkOwner } from './network-mode.ts';

/** Throws conflict (paused, being removed, port taken), invalid (no such user, command not found), internal. */
export function startContainer(container: Container): Promise<'started' | 'alreadyRunning'> {
  return container.inTurn(async () => {
    if (container.state.status === 'paused') {
      throw new EngineError('conflict', 'cannot start a paused container, try unpause instead');
    }
    if (container.running) return 'alreadyRunning';
    if (container.state.status === 'removing' || container.state.status === 'dead') {
      throw new EngineError('conflict', 'container is marked for removal and cannot be started');
    }
    await run(container);
    return 'started';
  });
}

/** Where a container was before: its address, and the ports of the host that led to it. */
export interface Place {
  readonly endpoint: Endpoint | null;
  readonly ports: readonly PublishedPort[];
}

/** Starts a container that does not run, at `place` if it is free; the caller has its turn. */
export async function run(container: Container, place: Place | null = null): Promise<void> {
  const { host } = container;
  await host.engine.starts.pass(host.name, async () => {
    await host.turns.next(`start ${container.name}`);
    await runNow(container, place);
  });
}

async function runNow(container: Container, place: Place | null): Promise<void> {
  const { host } = container;
  host.needRunning();
  const bridged = isBridged(container.record.hostConfig.NetworkMode);
  await needClean(container);
  try {
    host.engine.exits.forget(container.id); // what a start that was cut off may have left
    const ports = bridged ? choosePorts(host, place ? samePorts(place.ports) : wantedPorts(container)) : [];
    const endpoint = bridged ? endpointFor(container, place?.endpoint ?? null) : null;
    // One that is started again with its host is as the student started it, though nobody is attached now.
    const foreground = place === null ? container.console.hasClients : lastRunInForeground(container.record);
    container.save({ endpoint, ports, foreground });
    await runProcess({
      ...planOf(container, networkFilesOf(container, endpoint)),
      onReady: async (process: HeldProcess) => {
        expectExit(container, { pid: process.machinePid, startTicks: process.startTicks });
        if (endpoint) connectToBridge(host.record.pid, process.machinePid, endpoint);
        else if (container.record.hostConfig.NetworkMode === 'none') raiseLoopback(process.machinePid);
        await publish(container);
        container.console.connect();
      },
      onRunning: (process: HeldProcess) => {
        container.saveState({
          ...{ status: 'running', ...process },
          ...{ exitCode: 0, oomKilled: false, interrupted: false, error: '', startedAt: now(), finishedAt: never },
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
    container.save({ endpoint: null, ports: [], state });
    // As moby does: who asked for --rm waits until it is gone, also when it never ran.
    if (isClean && container.record.hostConfig.AutoRemove && !host.startsAgain(container.id)) await discard(container);
    throw failure;
  }
}

/** Of a container that did not start, where the OCI runtime gives no other: as moby has it. */
const notStartedExitCode = 128;

/** Finishes the container once its process ends: after the verb in hand, which may still be the start itself. */
export function expectExit(container: Container, process: { readonly pid: number; readonly startTicks: number }): void {
  const { host } = container;
  host.engine.exits.expect(container.id, process, (exitCode) => {
    // Ended by the kernel with the host's init: `finishHost` knows what is to be said of it, and what runs again.
    if (isEnding(host.record.pid, host.record.startTicks) && host.tellEnding !== null) host.tellEnding();
    else void container.inTurn(() => finishContainer(container, exitCode));
  });
}

function samePorts(ports: readonly PublishedPort[]): WantedPort[] {
  return ports.map(({ hostPort, ...port }) => ({ ...port, hostPorts: { first: hostPort, last: hostPort } }));
}

/** `PortBindings` of the request, and with -P every port that the image exposes. */
function wantedPorts(container: Container): WantedPort[] {
  const { config, hostConfig } = container.record;
  const bindings = { ...hostConfig.PortBindings };
  if (hostConfig.PublishAllPorts) {
    for (const port of Object.keys(config.ExposedPorts ?? {})) {
      // An image may expose what is no port.
      if (/^\d{1,5}(\/(tcp|udp))?$/.test(port)) bindings[port] ??= [{ HostIp: '', HostPort: '' }];
    }
  }
  const ports = Object.entries(bindings).flatMap(([port, wanted]) => {
    const [number = '', protocol = 'tcp'] = port.split('/');
    return wanted.map(({ HostIp, HostPort }) => ({
      protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
      containerPort: Number(number),
      hostIp: HostIp,
      hostPorts: hostPortsOf(HostPort),
    }));
  });
  return ports.sort(inDockersOrder);
}

/** One port of the host alone before a range, which takes what is left; of one port IPv4 first. That is how they are told, too. */
function inDockersOrder(a: WantedPort, b: WantedPort): number {
  const keys = ({ hostPorts: { first, last }, hostIp }: WantedPort) => [
    Number(first !== last),
    first,
    Number(isIPv6(hostIp)),
  ];
  const [left, right] = [keys(a), keys(b)];
  const differs = left.findIndex((key, index) => key !== right[index]);
  return differs === -1 ? 0 : (left[differs] ?? 0) - (right[differs] ?? 0);
}

function endpointFor(container: Container, before: Endpoint | null): Endpoint {
  const taken = takenAddresses(container);
  if (before && !taken.has(before.ipAddress)) return before;
  return allocateEndpoint(taken, container.record.macAddress);
}

function takenAddresses(container: Container): Set<string> {
  const taken = new Set<string>();
  for (const other of container.host.containers.values()) {
    if (other !== container && other.record.endpoint) taken.add(other.record.endpoint.ipAddress);
  }
  return taken;
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

/** The directory with the files that give the container its names: written anew, or those of the container that it joins. */
function networkFilesOf(container: Container, endpoint: Endpoint | null): string {
  const { host, directory } = container;
  const owner = networkOwner(container);
  if (owner !== container) {
    const { Hostname, Domainname } = owner.record.config;
    container.save({ config: { ...container.record.config, Hostname, Domainname } });
    return `${owner.directory}/etc`;
  }
  const { config, hostConfig } = container.record;
  writeNetworkFiles(`${directory}/etc`, host.record.uidBase, {
    hostname: config.Hostname,
    domainname: config.Domainname,
    ipAddress: endpoint?.ipAddress ?? null,
    extraHosts: hostConfig.ExtraHosts ?? [],
    dns: hostConfig.Dns,
    dnsSearch: hostConfig.DnsSearch,
    dnsOptions: hostConfig.DnsOptions,
    takenFrom: hostConfig.NetworkMode === 'host' ? `${host.directory}/workspace/etc` : null,
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
      network: namespaceFor(container, 'net', hostConfig.NetworkMode),
      ipc: namespaceFor(container, 'ipc', hostConfig.IpcMode),
    },
    cgroupsPath: `/${container.group}`,
    resources: limitsOf(hostConfig),
  });
}
