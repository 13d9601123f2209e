// TLS with a port of a container. The certificate is not checked: a student has made it, and the connection goes through the
// engine.

import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { previewTlsMs } from '../limits.ts';

/** Throws, with `stream` destroyed, if the other side does not speak TLS or takes longer than `previewTlsMs`. */
export async function overTls(stream: Duplex): Promise<TLSSocket> {
  const socket = connect({
    socket: stream,
    servername: 'localhost',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
  // Stays for the socket's life. After the handshake, an error shows as the end of the stream.
  socket.on('error', () => socket.destroy());
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(previewTlsMs) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
