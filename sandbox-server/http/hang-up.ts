// Closes sockets that Node has handed over for an upgrade: its HTTP timeouts no longer cover them.

import type { Duplex } from 'node:stream';
import { hangUpMs } from '../limits.ts';

/** Writes `word` and ends the socket, unless it is ended already. Destroys it after `withinMs`. Idempotent. */
export function hangUp(socket: Duplex, word = '', withinMs = hangUpMs): void {
  if (socket.destroyed) return;
  if (!socket.writableEnded) socket.end(word);
  // Drop what still arrives. Unread bytes would make the kernel reset the connection before `word` is read.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), withinMs);
  socket.once('close', () => clearTimeout(timer));
}

/** Answers with an HTTP status and a body of JSON, if any, then closes. Idempotent. */
export function refuse(socket: Duplex, status: string, body = ''): void {
  const type = body === '' ? '' : 'Content-Type: application/json\r\n';
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  hangUp(socket, `HTTP/1.1 ${status}\r\nConnection: close\r\n${type}${length}\r\n${body}`);
}
