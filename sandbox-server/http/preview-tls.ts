// TLS with a port of a container. Nobody is authenticated: the way there leads through the engine, and the certificate is one
// that a student has made.

import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { previewTlsMs } from '../limits.ts';

/** Throws, and has ended `stream`, where the other side does not speak TLS or takes longer than `previewTlsMs`. */
export async function overTls(stream: Duplex): Promise<TLSSocket> {
  const socket = connect({
    socket: stream,
    servername: 'localhost',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
  // Heard until the end: what comes after the handshake is told by its stream's end.
  socket.on('error', () => socket.destroy());
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(previewTlsMs) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
