// A host's Docker API on its two sockets: one for operators and the server, one inside the workspace.

import fs from 'node:fs';
import net from 'node:net';
import { maxConnectionsPerHost } from '../limits.ts';
import type { Host, HostSockets } from './host.ts';

/** The group `docker` of the workspace image: its members may use the socket inside. */
const dockerGid = 999;

async function listen(server: net.Server, socketPath: string, uid: number, gid: number, mode: number): Promise<void> {
  fs.rmSync(socketPath, { force: true }); // left by an engine that was killed
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      server.off('error', reject);
      resolve();
    });
  });
  fs.chmodSync(socketPath, mode);
  fs.chownSync(socketPath, uid, gid);
}

/** Listens, but serves no client before `admit`. The directories above keep everybody out until a socket has its owner and mode. */
export async function openSockets(host: Host): Promise<HostSockets> {
  const api = host.engine.serveDocker(host);
  const { uid, gid } = host.engine.settings.socketOwner;
  const { uidBase } = host.record;
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
  const open = async (path: string, owner: [number, number], mode: number): Promise<void> => {
    const server = net.createServer({ allowHalfOpen: true }, come);
    servers.push(server);
    await listen(server, path, owner[0], owner[1], mode);
  };
  await open(host.dockerSocket, [uid, gid], 0o600);
  await open(`${host.guestDirectory}/docker.sock`, [uidBase, uidBase + dockerGid], 0o660);
  return {
    admit: () => {
      isOpen = true;
      for (const socket of early) if (!socket.destroyed) api.emit('connection', socket);
      early.clear();
    },
    close: () => {
      for (const socket of early) socket.destroy();
      for (const server of servers) server.close();
      api.closeAllConnections();
      api.close();
    },
  };
}
