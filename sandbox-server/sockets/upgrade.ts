// From an HTTP request to a WebSocket: everything that can be refused is refused before the upgrade, with a status.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf, sentences } from '../errors.ts';
import { refuse } from '../http/hang-up.ts';
import type { PreviewServer } from '../http/preview-server.ts';
import {
  maxFragments,
  maxMessageBytes,
  maxSocketsPerAddress,
  maxSocketsPerStudent,
  upgradeBurstPerAddress,
  upgradesPerSecondPerAddress,
} from '../limits.ts';
import { type Failure, routes } from '../protocol.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Student } from '../students/students.ts';
import { Tally } from '../tally.ts';

export interface UpgradeParts {
  /** Takes the upgrades on the origins of previews; null if there are none. */
  readonly previews: Pick<PreviewServer, 'takes' | 'upgrade'> | null;
  readonly hostAllowed: (request: IncomingMessage) => boolean;
  readonly originAllowed: (request: IncomingMessage) => boolean;
  /** Whether the request carries the gate's pass, or there is no gate. */
  readonly isInvited: (request: IncomingMessage) => boolean;
  readonly studentOf: (request: IncomingMessage) => Student | null;
  /** The key that limits count the request by. */
  readonly addressOf: (request: IncomingMessage) => string;
  readonly connected: (socket: WebSocket, student: Student) => void;
  readonly log: Logger;
}

const tooMany = '429 Too Many Requests\r\nRetry-After: 5';

interface Refusal {
  readonly status: string;
  readonly sentence: string;
}

const keyOf = ({ id }: Student) => `student ${id}`;

function bodyOf(message: string): string {
  const body: Failure = { error: 'forbidden', message };
  return JSON.stringify(body);
}

/** Takes the upgrades of `server`. Returns the function that closes every socket with a close code. */
export function acceptSockets(server: Server, parts: UpgradeParts): (code: number, reason: string) => void {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: maxMessageBytes,
    maxFragments,
    maxBufferedChunks: 1024,
    perMessageDeflate: false,
  });
  const open = new Tally();
  const rate = new RateLimit({ perSecond: upgradesPerSecondPerAddress, burst: upgradeBurstPerAddress });

  /** Who connects, or why they may not. */
  const admit = (request: IncomingMessage, address: string): Student | Refusal => {
    if (!parts.hostAllowed(request))
      return { status: '400 Bad Request', sentence: 'This is not the address of a Drydock.' };
    if (!parts.originAllowed(request))
      return { status: '403 Forbidden', sentence: 'Only Drydock’s own pages may connect.' };
    if (request.url !== routes.socket.path)
      return { status: '404 Not Found', sentence: 'There is no socket at this address.' };
    if (!parts.isInvited(request)) return { status: '403 Forbidden', sentence: sentences.closed };
    const student = parts.studentOf(request);
    if (student === null) return { status: '403 Forbidden', sentence: 'Open a lab before you connect to it.' };
    const isFull =
      open.count(keyOf(student)) >= maxSocketsPerStudent || open.count(`address ${address}`) >= maxSocketsPerAddress;
    return isFull ? { status: tooMany, sentence: 'Too many pages are open. Close one and try again.' } : student;
  };

  const connect = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const address = parts.addressOf(request);
    if (rate.take(address) > 0) {
      refuse(socket, tooMany, bodyOf('Too many pages connect at once.'));
    } else if (parts.previews?.takes(request)) {
      parts.previews.upgrade(request, socket, head);
    } else {
      const admitted = admit(request, address);
      if ('sentence' in admitted) {
        refuse(socket, admitted.status, bodyOf(admitted.sentence));
        return;
      }
      sockets.handleUpgrade(request, socket, head, (connected) => {
        for (const key of [keyOf(admitted), `address ${address}`]) connected.once('close', open.add(key));
        parts.connected(connected, admitted);
      });
    }
  };

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      connect(request, socket, head);
    } catch (error) {
      parts.log.error({ error: messageOf(error) }, 'an upgrade failed');
      refuse(socket, '503 Service Unavailable\r\nRetry-After: 5', bodyOf(sentences.internal));
    }
  });

  return (code, reason) => {
    for (const socket of sockets.clients) socket.close(code, reason);
  };
}
