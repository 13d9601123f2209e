// Storing a host: all its processes end, politely; its disk and what ran are kept, so that it can come back.

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

/** A database writes its last pages in less; who does not listen to SIGTERM would make everybody wait. */
const graceMs = 2000;
const lookEveryMs = 10;

/** Idempotent: a host that is stopped stays as it is. `startHost` then starts the workspace, and the containers that ran. */
export function storeHost(host: Host): Promise<void> {
  return host.whileThere(async () => {
    if (host.running) await putAway(host, false);
    else if (host.record.returns) {
      host.save({ returns: false });
      host.returning = false;
    }
  });
}

/** For an engine that is shut down: as `storeHost`, and the next engine starts the host again, unless it was frozen. */
export function shutHost(host: Host): Promise<void> {
  return host.withLock(async () => {
    if (host.running) await putAway(host, !host.frozen);
    else await endHost(host);
  });
}

async function putAway(host: Host, returns: boolean): Promise<void> {
  host.save({ phase: 'storing', startAgain: runningIn(host), returns });
  // First, so that nobody takes the end of a container for its student's doing.
  host.sockets?.close();
  host.sockets = null;
  await thaw(host);
  await askToEnd(host);
  await endHost(host);
  // What the shells said is in the engine's memory; a host that is away takes none.
  for (const { id } of host.terminals.values()) host.engine.records.delete(terminalKind, host.id, id);
  host.terminals.clear();
  host.save({ phase: 'whole' });
}

/** Each container gets its own signal, shells and the rest of the workspace what a machine that is shut down sends. */
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

/** Throws nothing: one that cannot be asked is ended with the rest. */
async function askContainer(container: Container): Promise<void> {
  const { host, record, id } = container;
  try {
    signalContainer(container, stopSignalOf(record.config));
    await letEnd(container, { tell: false });
  } catch (error) {
    host.engine.log.warn({ error, host: host.name, container: id }, 'a container could not be asked to end');
  }
}
