// Node's own HTTP server, with our bounds. Knows no routes.

import { createServer, type RequestListener, type Server } from 'node:http';
import {
  headersTimeoutMs,
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

/**
 * A server that answers each request with `listener`. Only WebSockets cause `upgrade`. One address may have
 * `maxConnectionsPerAddress` connections; trusted proxies may have more.
 */
export function createNodeServer(addresses: Addresses, listener: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      keepAliveTimeout: 30_000,
      // Other upgrades (curl asks for h2c) are ignored: the request is answered over HTTP.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    listener,
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
