// Ends connections that are no HTTP any more, or were not to become a WebSocket: Node's own timeouts have left them.

import type { Duplex } from 'node:stream';
import { hangUpMs } from '../limits.ts';

/** Says a last word where none was said, and lets go within a time, whether or not the other side does. Idempotent. */
export function hangUp(socket: Duplex, word = '', withinMs = hangUpMs): void {
  if (socket.destroyed) return;
  if (!socket.writableEnded) socket.end(word);
  // What still comes is thrown away: unread, it would reset the connection before the word is heard.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), withinMs);
  socket.once('close', () => clearTimeout(timer));
}

/** Refuses to go on with a status, and, where there is one, a body of JSON. Idempotent. */
export function refuse(socket: Duplex, status: string, body = ''): void {
  const type = body === '' ? '' : 'Content-Type: application/json\r\n';
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  hangUp(socket, `HTTP/1.1 ${status}\r\nConnection: close\r\n${type}${length}\r\n${body}`);
}
