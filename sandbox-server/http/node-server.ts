// Node's own HTTP server, with our bounds. Knows no routes.

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import {
  headersTimeoutMs,
  longRequestTimeoutMs,
  maxConnections,
  maxConnectionsPerAddress,
  maxHeaderBytes,
  maxHeaders,
  requestTimeoutMs,
  timeoutCheckMs,
} from '../limits.ts';
import { Tally } from '../tally.ts';
import { type Addresses, addressKey } from './addresses.ts';
import { refuse } from './hang-up.ts';

/** Cuts a request off whose body takes longer than those of pages may. */
function boundBody(request: IncomingMessage): void {
  const { headers, socket } = request;
  if (headers['transfer-encoding'] === undefined && headers['content-length'] === undefined) return;
  const late = setTimeout(() => refuse(socket, '408 Request Timeout'), requestTimeoutMs);
  late.unref();
  const done = (): void => clearTimeout(late);
  request.once('end', done);
  request.once('close', done);
}

/**
 * A server that answers each request with `listener`. Only WebSockets cause `upgrade`. One address may have
 * `maxConnectionsPerAddress` connections; trusted proxies may have more. `mayTakeLong` tells which requests have large bodies.
 */
export function createNodeServer(
  addresses: Addresses,
  listener: RequestListener,
  mayTakeLong: (request: IncomingMessage) => boolean = () => false,
): Server {
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: longRequestTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      keepAliveTimeout: 30_000,
      // Other upgrades (curl asks for h2c) are ignored: the request is answered over HTTP.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => {
      if (!mayTakeLong(request)) boundBody(request);
      listener(request, response);
    },
  );
  server.maxHeadersCount = maxHeaders;
  server.maxConnections = maxConnections;
  const open = new Tally();
  server.on('connection', (socket) => {
    const { remoteAddress = '' } = socket;
    if (addresses.isProxy(remoteAddress)) return;
    const key = addressKey(remoteAddress);
    if (open.count(key) >= maxConnectionsPerAddress) socket.destroy();
    else socket.once('close', open.add(key));
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    refuse(socket, '400 Bad Request');
  });
  return server;
}
