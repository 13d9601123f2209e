// Ends a host's processes: when the host is stopped, or after its workspace has ended. The host's disk stays.

import fs from 'node:fs';
import type { Container } from '../containers/container.ts';
import { cleanUpOrLater, finishContainer } from '../containers/finish.ts';
import { removeGroup } from '../kernel/cgroups.ts';
import { removeBundle } from '../kernel/remove-bundle.ts';
import { hasEndpoints, noEndpoints } from '../networks/endpoint.ts';
import { killedExitCode } from '../processes/exits.ts';
import { endConmons } from './clear-bundles.ts';
import { toStartAgain } from './holdings.ts';
import type { Host } from './host.ts';
import { leaveInternet } from './open-egress.ts';
import { workspaceId } from './workspace.ts';

/**
 * Kills the host's processes, records the end of its containers and closes its sockets. The containers that ran are started
 * again with the host. Idempotent.
 */
export function finishHost(host: Host): Promise<void> {
  return host.withLock(async () => {
    // In the other phases the record has the list already, and some of those containers may have ended since.
    if (host.running && host.record.phase === 'whole') host.save({ startAgain: toStartAgain(host) });
    await endHost(host);
  });
}

/** Undoes a start that was in progress when the engine was killed, and frees its addresses and ports. */
async function undoStart(container: Container): Promise<void> {
  const { bundle, record } = container;
  if (fs.existsSync(bundle)) await cleanUpOrLater(container);
  if (hasEndpoints(record.endpoints) || record.ports.length > 0) container.save({ endpoints: noEndpoints, ports: [] });
}

/** As `finishHost`. The caller holds the host's lock. */
export async function endHost(host: Host): Promise<void> {
  const { engine } = host;
  host.sockets?.close();
  host.sockets = null;
  host.endBuilds();
  engine.exits.forget(workspaceId(host));
  host.tellEnding = null;
  await endConmons(host);
  // All processes at once: the workspace's init cannot end before every process of its PID namespace has ended.
  await removeGroup(host.group);
  leaveInternet(host);
  host.frozen = false;
  host.save({ pid: 0, startTicks: 0 });
  host.agenda.clear();
  const finish = async (container: Container): Promise<void> => {
    engine.exits.forget(container.id);
    // A start that is in progress now fails and saves its state; wait for that before returning.
    await container.withLock(async () => {
      if (container.running) await finishContainer(container, killedExitCode);
      else await undoStart(container);
      // Its policy's next start would come without the host.
      container.keptEndpoints = noEndpoints;
      if (container.state.status === 'restarting')
        container.saveState({ status: 'exited', interrupted: host.startsAgain(container.id) });
    });
  };
  await Promise.all([...host.containers.values()].map(finish));
  host.execs.clear();
  for (const terminal of host.terminals.values()) terminal.ended(killedExitCode);
  await fs.promises.rm(`${engine.tools.stateDirectory}/${workspaceId(host)}`, { recursive: true, force: true });
  await removeBundle(host.runDirectory);
}
