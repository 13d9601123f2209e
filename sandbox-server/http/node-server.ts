// Node's own HTTP server, with our bounds. Knows no routes.

import { createServer, type RequestListener, type Server } from 'node:http';
import { maxConnections, maxHeaderBytes, maxHeaders, requestTimeoutMs } from '../limits.ts';

/** A server that answers each request with `listener`; WebSockets alone are told as upgrades. */
export function createNodeServer(listener: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: 30_000,
      // Anything else that a client would like to upgrade to (curl asks for h2c) is answered as if it had not asked.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    listener,
  );
  server.maxHeadersCount = maxHeaders;
  server.maxConnections = maxConnections;
  return server;
}
