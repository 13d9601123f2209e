// The end of a host's processes: by `stop`, or because its workspace ended. Its disk stays.

import fs from 'node:fs';
import type { Container } from '../containers/container.ts';
import { cleanUpOrLater, finishContainer } from '../containers/finish.ts';
import { removeGroup } from '../kernel/cgroups.ts';
import { hasEndpoints, noEndpoints } from '../networks/endpoint.ts';
import { killedExitCode } from '../processes/exits.ts';
import { endConmons } from './clear-bundles.ts';
import { toStartAgain } from './holdings.ts';
import type { Host } from './host.ts';
import { workspaceId } from './workspace.ts';

/**
 * Ends what still runs, tells what was running that it is over, closes the sockets; what ran runs again with the host's next
 * start. Idempotent.
 */
export function finishHost(host: Host): Promise<void> {
  return host.withLock(async () => {
    // In the other phases it is written down already; some of what ran may have ended since.
    if (host.running && host.record.phase === 'whole') host.save({ startAgain: toStartAgain(host) });
    await endHost(host);
  });
}

/** A start that was in hand when the engine was killed: nothing holds its address and ports. */
async function undoStart(container: Container): Promise<void> {
  const { bundle, record } = container;
  if (fs.existsSync(bundle)) await cleanUpOrLater(container);
  if (hasEndpoints(record.endpoints) || record.ports.length > 0) container.save({ endpoints: noEndpoints, ports: [] });
}

/** As `finishHost`, for who has the host's turn already. */
export async function endHost(host: Host): Promise<void> {
  const { engine } = host;
  host.sockets?.close();
  host.sockets = null;
  engine.exits.forget(workspaceId(host));
  host.tellEnding = null;
  await endConmons(host);
  // All at once: the workspace's init can only end when every process of its PID namespace has.
  await removeGroup(host.group);
  host.frozen = false;
  host.save({ pid: 0, startTicks: 0 });
  const finish = async (container: Container): Promise<void> => {
    engine.exits.forget(container.id);
    // Also where it was only being started: the verb in hand fails now, and what it saves then must be saved before we return.
    await container.withLock(async () => {
      if (container.running) await finishContainer(container, killedExitCode);
      else await undoStart(container);
    });
  };
  await Promise.all([...host.containers.values()].map(finish));
  host.execs.clear();
  for (const terminal of host.terminals.values()) terminal.ended(killedExitCode);
  await fs.promises.rm(`${engine.tools.stateDirectory}/${workspaceId(host)}`, { recursive: true, force: true });
  await fs.promises.rm(host.runDirectory, { recursive: true, force: true });
}
