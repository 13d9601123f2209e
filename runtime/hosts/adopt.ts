// Finding, after the engine was restarted, what of a host still runs, and clearing away what does not.

import fs from 'node:fs';
import { Container, type ContainerRecord } from '../containers/container.ts';
import { cleanUp } from '../containers/finish.ts';
import { discard } from '../containers/remove.ts';
import { expectExit } from '../containers/start.ts';
import type { Engine } from '../engine.ts';
import { groupsIn, isFrozen, removeGroup } from '../kernel/cgroups.ts';
import { isAlive } from '../kernel/processes.ts';
import { clearBundles } from './clear-bundles.ts';
import { hostOf } from './create.ts';
import { finishHost } from './finish.ts';
import type { Host, HostRecord } from './host.ts';
import type { TerminalRecord } from './live-terminal.ts';
import { recallTerminal } from './recall-terminal.ts';
import { removeHost } from './remove.ts';
import { openSockets } from './sockets.ts';
import { watchWorkspace } from './start.ts';

/** Takes up every host in the records, and removes the cgroups of hosts that are in none. */
export async function adoptHosts(engine: Engine): Promise<void> {
  for (const record of engine.records.list<HostRecord>('host')) {
    const host = hostOf(engine, record);
    for (const container of engine.records.list<ContainerRecord>('container', host.id)) {
      host.containers.set(container.id, new Container(host, container));
    }
    try {
      if (record.phase === 'creating' || record.phase === 'removing') await removeHost(host);
      else if (isAlive(record.pid, record.startTicks)) await adoptRunning(host);
      else await adoptStopped(host);
    } catch (error) {
      engine.log.error({ error, host: host.name }, 'could not take up a host');
    }
  }
  const known = new Set([...engine.hosts.values()].map(({ id }) => id));
  for (const name of groupsIn(engine.group)) {
    if (!known.has(name)) await removeGroup(`${engine.group}/${name}`);
  }
}

async function adoptRunning(host: Host): Promise<void> {
  const { engine } = host;
  for (const container of [...host.containers.values()]) {
    const { machinePid, startTicks } = container.state;
    if (container.running) {
      // Whether it lives or ended meanwhile: the watch looks, and tells the exit code that conmon left.
      container.console.connect();
      container.console.started();
      // A pause or unpause may have been cut off between the kernel and the record.
      container.saveState({ status: isFrozen(container.group) ? 'paused' : 'running' });
      expectExit(container, { pid: machinePid, startTicks });
    } else if (container.state.status === 'removing') {
      await cleanUp(container);
      await discard(container);
    } else if (fs.existsSync(container.bundle)) {
      await cleanUp(container); // a start that was in hand
      container.save({ endpoint: null, ports: [] });
      if (container.record.hostConfig.AutoRemove) await discard(container); // as moby does
    }
  }
  const terminals = engine.records.list<TerminalRecord>('terminal', host.id);
  await clearBundles(host, terminals);
  for (const record of terminals) {
    await recallTerminal(host, record).catch((error: unknown) => {
      engine.log.warn({ error, host: host.name, terminal: record.id }, 'could not take up a terminal');
    });
  }
  watchWorkspace(host);
  host.sockets = await openSockets(host);
}

/** A host whose workspace is gone: after a reboot, a shutdown, or a crash while it was being made. */
async function adoptStopped(host: Host): Promise<void> {
  await finishHost(host);
  for (const container of [...host.containers.values()]) {
    if (container.state.status === 'removing') await discard(container);
  }
  for (const record of host.engine.records.list<TerminalRecord>('terminal', host.id)) {
    host.engine.records.delete('terminal', host.id, record.id);
  }
}
