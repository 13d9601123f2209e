// The hub for the site's server: HTTP on a Unix socket that this server alone can open. The server says by which address of the site a
// client has come, and from where.

import { once } from 'node:events';
import fs from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import { feedSlowly, inOrder } from '../api/pipeline.ts';
import { hubHeadersMs, hubKeepAliveMs, maxHubConnectionsOfSite } from '../limits.ts';
import type { Entrance } from '../registry/accounts/entrance.ts';
import { Refusal } from '../registry/refusal.ts';
import { hubHeaders } from './names.ts';
import { type HubService, hubHandler } from './serve.ts';

function entranceOf({ headers }: IncomingMessage): Entrance {
  const { [hubHeaders.origin]: origin, [hubHeaders.source]: source } = headers;
  if (typeof origin === 'string' && typeof source === 'string') return { origin, source: `address ${source}` };
  throw new Refusal('UNSUPPORTED', { status: 400, message: 'the hub does not answer at this address' });
}

/** Listens at `path`, which belongs to `owner` alone. */
export async function listenForSite(
  service: Omit<HubService, 'entranceOf'>,
  path: string,
  owner: { readonly uid: number; readonly gid: number },
): Promise<{ close(): void }> {
  const handle = hubHandler({ ...service, entranceOf });
  const server = http.createServer({ maxHeaderSize: 32 * 1024 }, (request, response) => {
    inOrder(request.socket, response, () => void handle(request, response));
  });
  server.maxConnections = maxHubConnectionsOfSite;
  server.headersTimeout = hubHeadersMs;
  server.requestTimeout = 0;
  server.keepAliveTimeout = hubKeepAliveMs;
  server.on('connection', feedSlowly);
  fs.rmSync(path, { force: true }); // an engine that was killed left it
  server.listen(path);
  await once(server, 'listening');
  fs.chmodSync(path, 0o600);
  fs.chownSync(path, owner.uid, owner.gid);
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
