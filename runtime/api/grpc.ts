// BuildKit's gRPC, which buildx uses to build. The connection is accepted, so that buildx shows why it cannot build. If we
// refused it over HTTP, buildx would try to start a BuildKit of its own in a container, and report the failure of that.

import http2 from 'node:http2';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import type { Exchange } from './exchange.ts';
import { hijack } from './hijack.ts';
import type { Routes } from './router.ts';

const message =
  'Building images is not supported yet by this engine: pull one of the catalogue, or import an archive with `docker import`';
/** `UNIMPLEMENTED` of gRPC's status codes. */
const unimplemented = '12';

function refuse(exchange: Exchange<Host>): void {
  if (exchange.request.headers.upgrade !== 'h2c') throw new EngineError('notImplemented', message);
  const socket = hijack(exchange, 'application/grpc');
  const session = http2.performServerHandshake(socket);
  session.on('error', () => socket.destroy());
  session.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': unimplemented,
        // Percent-encoded, as the protocol has it (gRPC over HTTP/2, "Responses").
        'grpc-message': encodeURIComponent(message),
      },
      { endStream: true },
    );
    stream.resume();
  });
}

export const grpcRoutes: Routes<Host> = { 'POST /grpc': { takesOver: refuse }, 'POST /session': { takesOver: refuse } };
