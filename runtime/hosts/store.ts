// Stores a host: ends its processes with the signals of a shutdown, and keeps its disk and the list of what ran.

import { setTimeout as delay } from 'node:timers/promises';
import type { Container } from '../containers/container.ts';
import { letEnd } from '../containers/pause.ts';
import { signalContainer } from '../containers/processes.ts';
import { stopSignalOf } from '../containers/signals.ts';
import { monitorsOf, processesIn } from '../kernel/cgroups.ts';
import { signal } from '../kernel/processes.ts';
import { endHost } from './finish.ts';
import { thaw } from './freeze.ts';
import { runningIn } from './holdings.ts';
import type { Host } from './host.ts';
import { terminalKind } from './terminal-record.ts';
import { workspaceGroupName } from './workspace.ts';

/** A database writes its last pages in less. A process that ignores SIGTERM must not make the next student wait longer. */
const graceMs = 2000;
const lookEveryMs = 10;

/** Idempotent: a host that is stopped stays as it is. `startHost` starts its workspace again, and the containers that ran. */
export function storeHost(host: Host): Promise<void> {
  return host.whileThere(async () => {
    if (host.running) await putAway(host, false);
    else if (host.record.returns) {
      host.save({ returns: false });
      host.returning = false;
    }
  });
}

/** For an engine that shuts down. As `storeHost`; the next engine starts the host, unless it was frozen. */
export function shutHost(host: Host): Promise<void> {
  return host.withLock(async () => {
    if (host.running) await putAway(host, !host.frozen);
    else await endHost(host);
  });
}

async function putAway(host: Host, returns: boolean): Promise<void> {
  host.save({ phase: 'storing', startAgain: runningIn(host), returns });
  // The sockets first: a check must not take the end of a container for something that the student did.
  host.sockets?.close();
  host.sockets = null;
  host.endBuilds();
  await thaw(host);
  host.agenda.clear();
  await askToEnd(host);
  await endHost(host);
  // The output of the shells is in the engine's memory, and a stored host takes none.
  for (const { id } of host.terminals.values()) host.engine.records.delete(terminalKind, host.id, id);
  host.terminals.clear();
  host.save({ phase: 'whole' });
}

/** Sends each container its stop signal, each shell SIGHUP, and the rest of the workspace SIGTERM. Waits for their end. */
async function askToEnd(host: Host): Promise<void> {
  for (const container of host.containers.values()) {
    if (container.running) void askContainer(container);
  }
  for (const terminal of host.terminals.values()) terminal.close();
  const others = (): number[] => {
    const monitors = new Set(processesIn(monitorsOf(host.group)));
    return processesIn(host.group, true).filter((pid) => pid !== host.record.pid && !monitors.has(pid));
  };
  for (const pid of processesIn(`${host.group}/${workspaceGroupName}`, true))
    if (pid !== host.record.pid) signal(pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while (others().length > 0 && performance.now() < deadline) await delay(lookEveryMs);
}

/** Throws nothing: a container that cannot be asked is killed with the rest. */
async function askContainer(container: Container): Promise<void> {
  const { host, record, id } = container;
  try {
    signalContainer(container, stopSignalOf(record.config));
    await letEnd(container, { tell: false });
  } catch (error) {
    host.engine.log.warn({ error, host: host.name, container: id }, 'a container could not be asked to end');
  }
}
