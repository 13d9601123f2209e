// A host's Docker API over TCP with TLS: a socket that the engine has in the host's network namespace, so only the host, its containers
// and the other hosts on its link reach it, and of them only those that show a certificate of the host's own authority.

import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { Certificates } from '../access/certificates.ts';
import { bindInside } from '../kernel/bind.ts';
import { maxHandshakesPerHost, tlsHandshakeMs, tlsKeepAliveMs } from '../limits.ts';
import type { Host } from './host.ts';

/** Where Docker has it. */
export const tlsPort = 2376;

/** The first byte of a TLS record with a handshake. */
const handshakeRecord = 0x16;
/** How Go's net/http tells a client that has forgotten TLS from one that speaks something else, and what it answers. */
const startsLikeHttp = /^(GET \/|HEAD |POST |PUT \/|OPTIO)/;
const plainAnswer = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/**
 * Resolves when it listens in the network namespace of `pid`. `serve` gets each connection whose client has shown its certificate.
 * Throws SystemCallError: EADDRINUSE where a program of the host has the port.
 */
export async function listenTls(
  host: Host,
  pid: number,
  { ca, serverCert, serverKey }: Certificates,
  serve: (socket: net.Socket) => void,
): Promise<{ close(): void }> {
  const [fd] = bindInside(pid, ['tcp'], '0.0.0.0', tlsPort, 0);
  /** Connections whose client has not shown a certificate yet, by where they come from; to call when it has. */
  const early = new Map<string, () => void>();
  const open = new Set<net.Socket>();
  const secured = tls.createServer(
    { ca, cert: serverCert, key: serverKey, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['http/1.1'] },
    (socket) => {
      early.get(placeOf(socket))?.();
      serve(socket);
    },
  );
  secured.on('tlsClientError', (_error, socket) => socket.destroy());
  const come = (socket: net.Socket): void => {
    socket.on('error', () => socket.destroy());
    if (early.size >= maxHandshakesPerHost || socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const place = placeOf(socket);
    const late = setTimeout(() => socket.destroy(), tlsHandshakeMs);
    const known = (): void => {
      clearTimeout(late);
      early.delete(place);
    };
    early.set(place, known);
    open.add(socket);
    socket.once('close', () => {
      known();
      open.delete(socket);
    });
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first?.[0] === handshakeRecord) void handshake(socket, first);
      else refusePlain(socket, first);
    });
  };
  /** It takes the loop half a millisecond, which the host is charged for as for a request. */
  const handshake = async (socket: net.Socket, first: Buffer): Promise<void> => {
    try {
      await host.turns.next('a TLS handshake');
      if (socket.destroyed) return;
      socket.unshift(first);
      secured.emit('connection', socket);
    } catch {
      socket.destroy(); // the host asks for more than the engine can do for it
    }
  };
  const server = net.createServer(
    { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: tlsKeepAliveMs },
    come,
  );
  server.listen({ fd });
  await once(server, 'listening');
  return {
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

const placeOf = ({ remoteAddress, remotePort }: net.Socket): string => `${remoteAddress} ${remotePort}`;

function refusePlain(socket: net.Socket, first: Buffer | null): void {
  if (first === null || !startsLikeHttp.test(first.toString('latin1', 0, 5))) {
    socket.destroy();
    return;
  }
  socket.resume();
  socket.end(plainAnswer);
}
