// A part of the engine's own API about a test's hub, over a socket, with the client that the server and the `drydock` command have.

import { once } from 'node:events';
import http from 'node:http';
import { Exchange } from '../../../runtime/api/exchange.ts';
import { Router, type Routes } from '../../../runtime/api/router.ts';
import { UnixHttp } from '../../../runtime/client-http.ts';
import type { EngineCall } from '../../../runtime/client-hub-people.ts';
import { EngineError, statusOfKind } from '../../../runtime/errors.ts';
import type { OwnHub } from '../../support/own-hub.ts';

export interface HubRoutes extends Disposable {
  readonly call: EngineCall;
}

export async function serveRoutes(hub: OwnHub, ...routes: readonly Routes<OwnHub>[]): Promise<HubRoutes> {
  const router = new Router<OwnHub>(...routes);
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://engine');
    const { handler, params } = router.match(request.method ?? '', decodeURIComponent(url.pathname));
    const parts = { subject: hub, turns: null, request, response, version: '', query: url.searchParams, params };
    const exchange = new Exchange<OwnHub>(parts);
    try {
      await handler(exchange);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      exchange.answer(statusOfKind[error.kind], { kind: error.kind, message: error.message });
    }
  });
  const socket = `${hub.directory}/routes.sock`;
  server.listen(socket);
  await once(server, 'listening');
  const engine = new UnixHttp(socket);
  return {
    call: async <Answer>(method: string, path: string, body?: unknown) =>
      (await engine.json(method, path, body)) as Answer,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
