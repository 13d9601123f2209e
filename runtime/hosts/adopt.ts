// After a restart of the engine: adopts what of each host still runs, and removes what belongs to no host.

import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { discardHalfBuilt } from '../build/half-built.ts';
import type { Container } from '../containers/container.ts';
import { discard } from '../containers/discard.ts';
import { cleanUpOrLater } from '../containers/finish.ts';
import { watchHealth } from '../containers/health-checks.ts';
import { removeContainer } from '../containers/remove.ts';
import { expectExit, restartLater } from '../containers/start.ts';
import type { Engine } from '../engine.ts';
import { deleteSubvolume } from '../kernel/btrfs.ts';
import { groupsIn, isFrozen, removeGroup } from '../kernel/cgroups.ts';
import { lock } from '../kernel/locks.ts';
import { isEnding } from '../kernel/processes.ts';
import { diskGroupOf, removeDiskGroups } from '../kernel/quotas.ts';
import { removeTree } from '../kernel/remove-tree.ts';
import { noEndpoints } from '../networks/endpoint.ts';
import { killedExitCode } from '../processes/exits.ts';
import { adoptBridges, adoptEndpoints } from './adopt-networks.ts';
import { chargeConmons, clearBundles } from './clear-bundles.ts';
import { hostOf } from './create.ts';
import { finishHost } from './finish.ts';
import { loadHoldings } from './holdings.ts';
import type { Host } from './host.ts';
import { hostKind } from './host-record.ts';
import { releaseLinks } from './link.ts';
import { listenForTls } from './open-access.ts';
import { openProxy } from './open-egress.ts';
import { openHub } from './open-hub.ts';
import { recallTerminal } from './recall-terminal.ts';
import { removeHost } from './remove.ts';
import { discardSnapshots } from './snapshots.ts';
import { openSockets, takeGuestSocket } from './sockets.ts';
import { startStoppedHost, watchWorkspace } from './start.ts';
import { startContainersAgain } from './start-again.ts';
import { terminalKind } from './terminal-record.ts';
import { dropOwnClaims } from './uids.ts';

/** Adopts every host in the records. Removes the cgroups and subvolumes of hosts that are in no record. */
export async function adoptHosts(engine: Engine): Promise<void> {
  // The engine knows all hosts before it adopts the first one: an image that one host gives up may be another host's too.
  const hosts = engine.records.list(hostKind).map((record) => hostOf(engine, record));
  for (const host of hosts) loadHoldings(host);
  for (const host of hosts) {
    try {
      await adoptHost(host);
    } catch (error) {
      engine.log.error({ error, host: host.name }, 'could not take up a host');
    }
  }
  // What seems to be nobody's may be in a record that this engine cannot read.
  if (engine.records.complete) await discardUnknown(engine);
}

async function adoptHost(host: Host): Promise<void> {
  await discardUnrecorded(host);
  const { phase, pid, startTicks, startAgain } = host.record;
  if (phase === 'creating' || phase === 'removing') {
    await removeHost(host).catch((error: unknown) => {
      host.engine.log.warn({ error, host: host.name }, 'could not remove a host that was half made or half removed');
      void untilDone(host, 'remove', () => removeHost(host));
    });
    return;
  }
  if (phase === 'whole' && !isEnding(pid, startTicks)) {
    await adoptRunning(host);
    if (startAgain.length > 0)
      continueStart(host); // a start was in progress
    else host.sockets?.admit();
    return;
  }
  // The host ran when the machine went down, or its workspace has ended since the old engine was killed.
  if (phase === 'whole' && pid > 0) host.save({ returns: true });
  if (phase === 'replacing') {
    await adoptStopped(host).catch((error: unknown) => {
      host.engine.log.warn({ error, host: host.name }, 'something is left of a host that is started again');
    });
    continueStart(host);
    return;
  }
  await adoptStopped(host);
  host.save({ phase: 'whole' });
}

/** Removes the directories of containers whose creation was cut off, for a container's record is stored last, and what is left of volumes. */
async function discardUnrecorded(host: Host): Promise<void> {
  if (!host.engine.records.complete) return;
  const directory = `${host.directory}/containers`;
  for (const id of fs.existsSync(directory) ? fs.readdirSync(directory) : []) {
    if (!host.containers.has(id)) await removeTree(`${directory}/${id}`);
  }
  await host.volumes.discardUnrecorded();
  // In the background: what a client has sent to a build may be many files.
  void discardHalfBuilt(host.directory);
}

/** Continues a start that was cut off. Does not wait for it, so that the engine serves other hosts meanwhile. */
function continueStart(host: Host): void {
  void untilDone(host, 'start again', () =>
    host.whileThere(async () => {
      if (host.running) await startContainersAgain(host);
      else await startStoppedHost(host);
    }),
  ).then(() => host.sockets?.admit());
}

/** For so long a program may be in the way that the old engine had just started and that no record names: then it has ended. */
const strayMs = 10_000;
const againMs = 200;

export async function untilDone(host: Host, what: string, act: () => Promise<void>): Promise<void> {
  const { hosts, ending, log } = host.engine;
  const giveUpAt = performance.now() + strayMs;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (hosts.get(host.name) !== host || ending.signal.aborted) return;
      log.warn({ error, host: host.name }, `could not ${what} yet`);
      if (performance.now() > giveUpAt) return;
    }
    await delay(againMs, undefined, { ref: false });
  }
}

/** Removes what belongs to no host, on the disk and in the kernel: something was half made or half removed. */
async function discardUnknown(engine: Engine): Promise<void> {
  const { hosts: hostsDirectory, snapshots, store, copying } = engine.paths;
  using _copied = await lock(copying, engine.ending.signal, () => undefined);
  const hosts = new Map([...engine.hosts.values()].map((host) => [host.id, host]));
  const subvolumes = new Set([...hosts.values()].map(({ record }) => record.subvolume));
  for (const name of fs.readdirSync(hostsDirectory)) {
    if (!subvolumes.has(name)) await deleteSubvolume(`${hostsDirectory}/${name}`);
  }
  for (const id of fs.readdirSync(snapshots)) {
    await discardSnapshots(`${snapshots}/${id}`, [...(hosts.get(id)?.snapshots.values() ?? [])]);
  }
  releaseLinks(engine, { all: false });
  dropOwnClaims(engine.settings.dataDirectory, new Set([...hosts.values()].map(({ record }) => record.uidBase)));
  await removeDiskGroups(store, new Set([...hosts.keys()].map(diskGroupOf))).catch((error: unknown) => {
    engine.log.warn({ error }, 'quota groups of hosts that are gone could not be removed');
  });
  for (const name of groupsIn(engine.group)) {
    if (!hosts.has(name)) await removeGroup(`${engine.group}/${name}`);
  }
}

async function adoptRunning(host: Host): Promise<void> {
  const { engine } = host;
  host.frozen = isFrozen(host.group);
  if (host.frozen) host.agenda.pause();
  await adoptBridges(host).catch((error: unknown) => {
    engine.log.error({ error, host: host.name }, 'could not take up the networks of a host');
  });
  await forEachContainer(host, adoptContainer);
  removeSteps(host);
  const terminals = engine.records.list(terminalKind, host.id);
  await clearBundles(host, terminals);
  chargeConmons(host);
  for (const record of terminals) {
    await recallTerminal(host, record).catch((error: unknown) => {
      engine.log.warn({ error, host: host.name, terminal: record.id }, 'could not take up a terminal');
    });
  }
  watchWorkspace(host);
  host.sockets = await openSockets(host, takeGuestSocket(host));
  await openPorts(host).catch((error: unknown) => {
    engine.log.warn({ error, host: host.name }, 'a program of a host has taken a port of the engine’s meanwhile');
  });
}

/** What the engine itself listens at in the host's network namespace. */
async function openPorts(host: Host): Promise<void> {
  await listenForTls(host);
  openProxy(host);
  await openHub(host);
}

/** Calls `act` for every container. Where it throws, logs the error: the other containers and the host are adopted all the same. */
async function forEachContainer(host: Host, act: (container: Container) => Promise<void>): Promise<void> {
  for (const container of [...host.containers.values()]) {
    try {
      await act(container);
    } catch (error) {
      host.engine.log.error({ error, host: host.name, container: container.id }, 'could not take up a container');
    }
  }
}

async function adoptContainer(container: Container): Promise<void> {
  const { host, state } = container;
  const { machinePid, startTicks } = state;
  if (container.running) {
    // The container may have ended meanwhile: the watch looks, and gives the exit code that conmon left.
    container.console.connect();
    container.console.started();
    // The old engine may have paused or unpaused the container, and not have stored that.
    container.saveState({ status: isFrozen(container.group) ? 'paused' : 'running' });
    expectExit(container, { pid: machinePid, startTicks });
    if (!isEnding(machinePid, startTicks)) await adoptEndpoints(container);
    if (container.state.status === 'running') watchHealth(container);
  } else if (state.status === 'removing') {
    if (await cleanUpOrLater(container)) await discard(container, { volumes: container.record.hostConfig.AutoRemove });
  } else if (fs.existsSync(container.bundle)) {
    const isClean = await cleanUpOrLater(container); // a start was in progress
    container.save({ endpoints: noEndpoints, ports: [] });
    // As moby does. A container that starts again with its host stays.
    if (isClean && container.record.hostConfig.AutoRemove && !host.startsAgain(container.id))
      await discard(container, { volumes: true });
  }
  restartLater(container);
}

/** Nobody goes on with the builds that the old engine was at. Not waited for: it may be a while until their processes are gone. */
function removeSteps(host: Host): void {
  for (const container of host.containers.values()) {
    if (!container.record.isStep) continue;
    void untilDone(host, 'remove a step of a build', () => removeContainer(container, { force: true, volumes: true }));
  }
}

/** Adopts a host whose workspace has ended: after a reboot, a shutdown, or a crash while the host was created. */
async function adoptStopped(host: Host): Promise<void> {
  await finishHost(host);
  await forEachContainer(host, async (container) => {
    const { status, exitCode, interrupted } = container.state;
    if (status === 'removing') await discard(container, { volumes: container.record.hostConfig.AutoRemove });
    // An engine that did not store `interrupted` killed all containers when it was shut down.
    else if (status === 'exited' && exitCode === killedExitCode && interrupted === null)
      container.saveState({ interrupted: true });
  });
  removeSteps(host);
  const { records } = host.engine;
  for (const id of records.ids(terminalKind, host.id)) records.delete(terminalKind, host.id, id);
}
