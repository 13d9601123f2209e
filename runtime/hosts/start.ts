// Starts a host: its cgroup, its workspace, its sockets, and the containers that ran before. Its disk is as it was.

import fs from 'node:fs';
import { createGroup } from '../kernel/cgroups.ts';
import { hostIoBytesPerSecond, maxMonitorsPerHost } from '../limits.ts';
import { endHost, finishHost } from './finish.ts';
import { thaw } from './freeze.ts';
import type { Host } from './host.ts';
import { exchangeKeys, listenForTls, startSshd } from './open-access.ts';
import { openProxy } from './open-egress.ts';
import { openHub } from './open-hub.ts';
import { makeGuestSocket, openSockets } from './sockets.ts';
import { startContainersAgain } from './start-again.ts';
import { startWorkspace, workspaceId } from './workspace.ts';

/** Idempotent: a host that runs is only thawed. Throws unavailable where the engine is shutting down. */
export function startHost(host: Host): Promise<void> {
  return host.whileThere(async () => {
    if (host.running) await thaw(host);
    else await startStoppedHost(host);
  });
}

/**
 * Starts the workspace, and the containers that start again with it. The caller holds the host's lock. Where it throws, the host
 * is stopped.
 */
export async function startStoppedHost(host: Host): Promise<void> {
  for (const directory of [host.runDirectory, `${host.runDirectory}/b`])
    fs.mkdirSync(directory, { recursive: true, mode: 0o711 });
  fs.mkdirSync(host.guestDirectory, { recursive: true, mode: 0o711 });
  host.engine.exits.forget(workspaceId(host)); // of the workspace's last run
  const { storeDevice } = host.engine;
  const io = storeDevice === null ? null : { device: storeDevice, bytesPerSecond: hostIoBytesPerSecond };
  const { limits } = host.record;
  createGroup(host.group, { ...limits, pids: limits.pids + maxMonitorsPerHost, io });
  const guest = makeGuestSocket(host);
  const sockets = openSockets(host, guest);
  try {
    await startWorkspace(host, guest);
    host.sockets = await sockets;
    watchWorkspace(host);
    exchangeKeys(host);
    await listenForTls(host);
    openProxy(host);
    await openHub(host);
    await startSshd(host);
    await startContainersAgain(host);
    if (host.record.phase !== 'creating') host.save({ phase: 'whole', returns: false });
    host.returning = false;
    // Only now: a client would see containers stopped that run again in a moment.
    host.sockets?.admit();
  } catch (error) {
    host.sockets ??= await sockets.catch(() => null);
    await endHost(host);
    if (host.record.phase !== 'creating') host.save({ phase: 'whole' });
    throw error;
  }
}

/** Finishes the host when its workspace ends: the PID namespace ends with it, and with that every process of the host. */
export function watchWorkspace(host: Host): void {
  const { pid, startTicks } = host.record;
  const end = (): void => {
    if (host.tellEnding !== end) return; // told already
    host.tellEnding = null;
    host.engine.log.info({ host: host.name }, 'a workspace ended');
    finishHost(host).catch((error: unknown) => {
      host.engine.log.error({ error, host: host.name }, 'something is left of a host whose workspace ended');
    });
  };
  host.tellEnding = end;
  host.engine.exits.expect(workspaceId(host), { pid, startTicks }, end);
}
