// BuildKit's gRPC, by which buildx and compose build: the client's calls to the builder (`/grpc`), and a connection on which the
// builder calls the client (`/session`).

import type { Duplex } from 'node:stream';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import type { Exchange } from './exchange.ts';
import { hijack } from './hijack.ts';
import { flagOr } from './query.ts';
import type { Routes } from './router.ts';

function checkUpgrade({ request }: Exchange<Host>): void {
  if (request.headers.upgrade !== 'h2c')
    throw new EngineError('invalid', 'this address speaks gRPC: docker build and docker compose build use it');
}

async function grpc(exchange: Exchange<Host>): Promise<void> {
  checkUpgrade(exchange);
  exchange.subject.needRunning();
  const builder = await exchange.subject.builder();
  builder.checkRoom();
  const socket = takeOver(exchange);
  if (socket) builder.serve(socket);
}

async function session(exchange: Exchange<Host>): Promise<void> {
  checkUpgrade(exchange);
  exchange.subject.needRunning();
  const builder = await exchange.subject.builder();
  const given = (name: string): string[] => exchange.request.headersDistinct[`x-docker-expose-session-${name}`] ?? [];
  const headers = {
    id: given('uuid')[0] ?? '',
    sharedKey: (given('sharedkey')[0] ?? '').slice(0, 200),
    methods: new Set(given('grpc-method').map((path) => path.toLowerCase())),
  };
  builder.sessions.check(headers);
  const socket = takeOver(exchange);
  if (socket) builder.addSession(headers, socket);
}

/**
 * The bare connection; null where the client has gone, or has sent more than its request, which real ones do only when they are
 * answered. Node's HTTP/2 (26.10) ends the process where a connection is over before it has read what had come by then.
 */
function takeOver(exchange: Exchange<Host>): Duplex | null {
  const socket = hijack(exchange, 'application/grpc');
  if (!socket.destroyed && socket.readableLength === 0) return socket;
  socket.destroy();
  return null;
}

/** `docker builder prune` as `docker system prune` asks for it. */
async function prune(exchange: Exchange<Host>): Promise<void> {
  const most = Number(exchange.query.get('max-used-space') ?? exchange.query.get('keep-storage') ?? 0);
  const builder = await exchange.subject.builder();
  const maxBytes = Number.isSafeInteger(most) ? most : 0;
  const all = flagOr(exchange.query, 'all', false);
  const removed = await builder.cache.prune({ keepMs: 0, maxBytes, all });
  exchange.answer(200, {
    CachesDeleted: removed.length > 0 ? removed.map(({ id }) => id) : null,
    SpaceReclaimed: removed.reduce((sum, { bytes }) => sum + bytes, 0),
  });
}

export const grpcRoutes: Routes<Host> = {
  'POST /build/prune': prune,
  'POST /grpc': { takesOver: grpc },
  'POST /session': { takesOver: session },
};
