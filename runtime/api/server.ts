// The engine's HTTP servers: one for each host's Docker API, one for the engine's own. They do not listen: the owner of the sockets
// passes connections in. A server knows no host but its own.

import http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Engine } from '../engine.ts';
import { diskFull, EngineError } from '../errors.ts';
import type { Host, HostEngine } from '../hosts/host.ts';
import { maxConnectionsPerHost, maxDropMs, maxEngineConnections, maxPathLength } from '../limits.ts';
import type { HostTurns } from '../loop/turns.ts';
import { archiveRoutes } from './archives.ts';
import { buildRoutes } from './build.ts';
import { containerRoutes } from './containers.ts';
import { engineRoutes } from './engine.ts';
import { eventRoutes } from './events.ts';
import { type CommonHeaders, Exchange } from './exchange.ts';
import { execRoutes } from './exec.ts';
import { grpcRoutes } from './grpc.ts';
import { rememberUpgrade } from './hijack.ts';
import { imageRoutes } from './images.ts';
import { networkRoutes } from './networks.ts';
import { noneRoutes, notYetRoutes } from './not-yet.ts';
import { feedSlowly, inOrder } from './pipeline.ts';
import { registryRoutes } from './registries.ts';
import { type Match, Router } from './router.ts';
import { streamRoutes } from './streams.ts';
import { systemRoutes } from './system.ts';
import { apiVersion, splitVersion } from './versions.ts';
import { volumeRoutes } from './volumes.ts';

const dockerRouter = new Router<Host>(
  systemRoutes,
  eventRoutes,
  streamRoutes,
  containerRoutes,
  archiveRoutes,
  execRoutes,
  registryRoutes,
  imageRoutes,
  networkRoutes,
  volumeRoutes,
  grpcRoutes,
  buildRoutes,
  noneRoutes,
  notYetRoutes,
);

const engineRouter = new Router<Engine>(engineRoutes);

interface Service<Subject> {
  readonly subject: Subject;
  readonly turns: HostTurns | null;
  readonly engine: HostEngine;
  readonly headers: CommonHeaders;
  readonly maxConnections: number;
  /** Splits the version off the decoded path, finds the handler. Throws invalid, notFound. */
  find(method: string, path: string): { match: Match<Subject>; version: string };
}

/** The path of a request's target, decoded once. Throws invalid for what does not decode or holds a NUL. */
function decodedPath(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  try {
    const path = decodeURIComponent(raw.replace(/^https?:\/\/[^/]*/, ''));
    if (path.length > maxPathLength)
      throw new EngineError(
        'invalid',
        `the path of the request has ${path.length} characters, the most is ${maxPathLength}`,
      );
    if (!path.includes('\0')) return { path, query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)) };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    // falls through to the refusal
  }
  throw new EngineError('invalid', 'the path of the request is not well formed');
}

/**
 * A request must have one Host header: of two, a proxy in front might use the other one (RFC 9112 §3.2). Throws invalid in Go's
 * words.
 */
function checkHost({ rawHeaders }: http.IncomingMessage): void {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'host') hosts += 1;
  if (hosts > 1) throw new EngineError('invalid', '400 Bad Request: too many Host headers');
}

/** An error as the client gets it. One that the engine does not expect is logged, and sent without details. */
function shown(error: unknown, engine: HostEngine, place: string): EngineError {
  if (error instanceof EngineError) {
    if (error.kind === 'internal') engine.log.error({ err: error, place }, 'a request failed');
    return error;
  }
  const full = diskFull(error);
  if (full) return full;
  engine.log.error({ err: error, place }, 'a request failed in a way that was not foreseen');
  return new EngineError('internal', 'the engine failed to do this; its log says why', { cause: error });
}

async function answer<Subject>(
  service: Service<Subject>,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(service.headers)) response.setHeader(name, value);
  // Errors of a client that goes in the middle of its body or of the answer. The code that reads or writes notices that itself.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const method = request.method ?? '';
  const { subject, turns } = service;
  let exchange = new Exchange({
    subject,
    turns,
    request,
    response,
    version: apiVersion,
    query: new URLSearchParams(),
    params: {},
  });
  try {
    await exchange.turn();
    checkHost(request);
    const { path, query } = decodedPath(request.url ?? '/');
    const { match, version } = service.find(method, path);
    const { params, mayTakeOver } = match;
    exchange = new Exchange({ subject, turns, request, response, version, query, params, mayTakeOver });
    await match.handler(exchange);
  } catch (error) {
    await dropRest(request);
    exchange.fail(shown(error, service.engine, exchange.place));
  }
}

/** Reads the rest of a body for some seconds. A client that still sends would otherwise lose the answer with its connection. */
async function dropRest(request: http.IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, maxDropMs);
  request.once('end', resolve).once('close', resolve).resume();
  await promise;
  clearTimeout(timer);
}

/** Whether a request's `Upgrade` counts, by the route table. A request without a route is refused as if it had none. */
function mayUpgrade<Subject>(service: Service<Subject>, { method = '', url = '' }: http.IncomingMessage): boolean {
  try {
    return service.find(method, decodedPath(url).path).match.mayTakeOver;
  } catch {
    return false;
  }
}

function serve<Subject>(service: Service<Subject>): http.Server {
  const server = http.createServer({
    shouldUpgradeCallback: (request) => mayUpgrade(service, request),
    // A load may take longer than Node's five minutes. The number of connections is bounded instead.
    requestTimeout: 0,
    keepAliveTimeout: 60_000,
  });
  const connections = new Set<Duplex>();
  server.on('connection', (socket) => {
    if (connections.size >= service.maxConnections) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    feedSlowly(socket);
  });
  server.on('close', () => {
    for (const socket of connections) socket.destroy();
  });
  server.on('request', (request, response) => {
    inOrder(request.socket, response, () => void answer(service, request, response));
  });
  server.on('upgrade', (request: http.IncomingMessage, socket, head: Buffer) => {
    const response = new http.ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    response.once('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    rememberUpgrade(request, { socket, head });
    void answer(service, request, response);
  });
  return server;
}

/** The Docker Engine API of one host. Closing the server ends every connection. */
export function serveDocker(host: Host): http.Server {
  return serve<Host>({
    subject: host,
    turns: host.turns,
    engine: host.engine,
    maxConnections: maxConnectionsPerHost,
    headers: {
      'Api-Version': apiVersion,
      'Docker-Experimental': 'false',
      Ostype: 'linux',
      Server: `Drydock/${host.engine.version} (linux)`,
    },
    find(method, given) {
      // On a frozen host, requests that only read records work. Others would wait for processes that are frozen.
      if (host.frozen && method !== 'GET' && method !== 'HEAD') host.needRunning();
      const { version, path } = splitVersion(given);
      return { match: dockerRouter.match(method, path), version };
    },
  });
}

/** The engine's own API, for the server and the `drydock` command. Closing the server ends every connection. */
export function serveEngine(engine: Engine): http.Server {
  return serve<Engine>({
    subject: engine,
    turns: null,
    engine,
    maxConnections: maxEngineConnections,
    headers: { Server: `Drydock/${engine.version}` },
    find: (method, path) => ({ match: engineRouter.match(method, path), version: apiVersion }),
  });
}
