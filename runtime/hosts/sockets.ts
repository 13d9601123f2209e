// A host's Docker API on its two sockets: one for operators and the server, one inside the workspace.
//
// The one inside is held by the workspace's conmon too, so it outlives the engine: a container that has it mounted reaches the next
// engine by it, and who connects while there is none waits for that.

import { once } from 'node:events';
import net from 'node:net';
import { keptDescriptor } from '../kernel/conmon.ts';
import { listenAt, takeListener } from '../kernel/unix-listener.ts';
import { maxConnectionsPerHost } from '../limits.ts';
import { conmonOf } from './clear-bundles.ts';
import type { Host, HostSockets } from './host.ts';

/** The group `docker` of the workspace image: its members may use the socket inside. */
const dockerGid = 999;

const guestPath = (host: Host): string => `${host.guestDirectory}/docker.sock`;

/** The descriptor of a new socket for inside the workspace. The directories above keep everybody out until it has its owner and mode. */
export function makeGuestSocket(host: Host): number {
  const { uidBase } = host.record;
  return listenAt(guestPath(host), { uid: uidBase, gid: uidBase + dockerGid, mode: 0o660 });
}

/** That of the running host, taken from the workspace's conmon; a new one where an engine that knew nothing of this started it. */
export function takeGuestSocket(host: Host): number {
  const [conmon] = conmonOf(host.bundle('workspace'));
  const kept = conmon === undefined ? null : takeListener(conmon, keptDescriptor, guestPath(host));
  return kept ?? makeGuestSocket(host);
}

/** Listens, but serves no client before `admit`. `guest` is the descriptor of the socket inside, which belongs to what is returned. */
export async function openSockets(host: Host, guest: number): Promise<HostSockets> {
  const api = host.engine.serveDocker(host);
  const { uid, gid } = host.engine.settings.socketOwner;
  const servers: net.Server[] = [];
  const early = new Set<net.Socket>();
  let isOpen = false;
  const come = (socket: net.Socket): void => {
    if (isOpen) {
      api.emit('connection', socket);
      return;
    }
    early.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => early.delete(socket));
    // More than any client opens. The API counts connections from `admit` on.
    if (early.size > maxConnectionsPerHost) socket.destroy();
  };
  const open = async (fd: number): Promise<void> => {
    const server = net.createServer({ allowHalfOpen: true }, come);
    servers.push(server);
    server.listen({ fd });
    await once(server, 'listening');
  };
  await open(guest);
  await open(listenAt(host.dockerSocket, { uid, gid, mode: 0o600 }));
  const ways: { close(): void }[] = [];
  return {
    serve: come,
    own: (way) => ways.push(way),
    admit: () => {
      isOpen = true;
      for (const socket of early) if (!socket.destroyed) api.emit('connection', socket);
      early.clear();
    },
    close: () => {
      for (const socket of early) socket.destroy();
      for (const server of [...servers, ...ways]) server.close();
      api.closeAllConnections();
      api.close();
    },
  };
}
