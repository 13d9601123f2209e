// The client's SSH agent in a step: a socket on tmpfs, each connection of which is a call of the client's session.

import fs from 'node:fs';
import net from 'node:net';
import type { ContainerHost } from '../../containers/container.ts';
import { makeDirectory } from '../../kernel/directories.ts';
import { maxAgentConnections } from '../../limits.ts';
import { newId } from '../builds.ts';
import type { FileOwner } from '../language/steps.ts';
import { BytesSchema } from '../messages/shared_pb.ts';
import type { Session } from '../sessions.ts';

/** Listens until it is disposed of; `path` is the socket's. */
export async function listenForAgent(
  host: ContainerHost,
  session: Session,
  { id, owner }: { readonly id: string; readonly owner: FileOwner },
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = host.bundle(`ssh-${newId().slice(0, 12)}`);
  makeDirectory(directory, 0o700);
  const path = `${directory}/agent`;
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    if (open.size >= maxAgentConnections) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
    forward(session, socket, id, signal).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  fs.chownSync(path, host.record.uidBase + owner.uid, host.record.uidBase + owner.gid);
  fs.chmodSync(path, owner.mode);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function forward(session: Session, socket: net.Socket, id: string, signal: AbortSignal): Promise<void> {
  using call = session.call('/moby.sshforward.v1.SSH/ForwardAgent', { 'buildkit.ssh.id': id }, signal);
  const asked = (async () => {
    for await (const data of socket) await call.send(BytesSchema, { data: Uint8Array.from(data as Buffer) });
    call.end();
  })();
  asked.catch(() => undefined);
  for await (const { data } of call.messages(BytesSchema))
    if (!socket.write(data)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
  socket.end();
}
