// From an HTTP request to a WebSocket: everything that can be refused is refused before the upgrade, with a status.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { PreviewServer } from '../http/preview-server.ts';
import { maxFragments, maxMessageBytes, maxSocketsPerAddress, maxSocketsPerStudent } from '../limits.ts';
import { routes } from '../protocol.ts';
import type { Student } from '../students/students.ts';

export interface UpgradeParts {
  /** Upgrades on the origins of previews are theirs; null where there are none. */
  readonly previews: Pick<PreviewServer, 'takes' | 'upgrade'> | null;
  readonly hostAllowed: (request: IncomingMessage) => boolean;
  readonly originAllowed: (request: IncomingMessage) => boolean;
  readonly studentOf: (request: IncomingMessage) => Student | null;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly connected: (socket: WebSocket, student: Student) => void;
}

/** Counts what is open by key; an entry goes with its last one. */
class Open {
  readonly #counts = new Map<string, number>();

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
  add(key: string, change: 1 | -1): void {
    const count = this.count(key) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

function refuse(socket: Duplex, status: string, sentence: string): void {
  const body = JSON.stringify({ error: 'forbidden', message: sentence });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Takes the upgrades of `server`. Returns what ends every socket with a close code. */
export function acceptSockets(server: Server, parts: UpgradeParts): (code: number, reason: string) => void {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: maxMessageBytes,
    maxFragments,
    maxBufferedChunks: 1024,
    perMessageDeflate: false,
  });
  const open = new Open();

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (parts.previews?.takes(request)) return parts.previews.upgrade(request, socket, head);
    socket.on('error', () => socket.destroy());
    if (!parts.hostAllowed(request)) return refuse(socket, '400 Bad Request', 'This is not the address of a Drydock.');
    if (!parts.originAllowed(request)) return refuse(socket, '403 Forbidden', 'Only Drydock’s own pages may connect.');
    if (request.url !== routes.socket.path)
      return refuse(socket, '404 Not Found', 'There is no socket at this address.');
    const student = parts.studentOf(request);
    if (student === null) return refuse(socket, '403 Forbidden', 'Open a lab before you connect to it.');
    const keys = [`student ${student.id}`, `address ${parts.addressOf(request)}`];
    const [ofStudent = 0, ofAddress = 0] = keys.map((key) => open.count(key));
    if (ofStudent >= maxSocketsPerStudent || ofAddress >= maxSocketsPerAddress) {
      return refuse(
        socket,
        '429 Too Many Requests\r\nRetry-After: 5',
        'Too many pages are open. Close one and try again.',
      );
    }
    sockets.handleUpgrade(request, socket, head, (connected) => {
      for (const key of keys) open.add(key, 1);
      connected.on('close', () => {
        for (const key of keys) open.add(key, -1);
      });
      parts.connected(connected, student);
    });
  });

  return (code, reason) => {
    for (const socket of sockets.clients) socket.close(code, reason);
  };
}
