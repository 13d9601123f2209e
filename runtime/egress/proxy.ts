// The HTTP proxy of one host: `GET http://…` to port 80, and CONNECT to port 443, of names that the operator allows.

import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { EngineError, statusOfKind } from '../errors.ts';
import { egressBytesPerSecond, egressIdleMs, maxEgressConnectionsPerHost } from '../limits.ts';
import { ByteMeter } from './byte-meter.ts';
import type { Outside } from './dial-out.ts';

/** They are for the next hop alone (RFC 9110 §7.6.1), beside those that `Connection` names. */
const hopByHop = new Set([
  ...['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authenticate', 'proxy-authorization'],
]);

/** Names and values in turn, without those for the next hop. */
function passedOn({
  rawHeaders,
  headers,
}: {
  readonly rawHeaders: string[];
  readonly headers: IncomingHttpHeaders;
}): string[] {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  return rawHeaders.flatMap((name, index) => {
    const lower = name.toLowerCase();
    if (index % 2 === 1 || hopByHop.has(lower) || named.has(lower) || lower === 'host') return [];
    return [name, rawHeaders[index + 1] ?? ''];
  });
}

/** An error in words for who reads the client's output. */
function told(error: unknown): { readonly status: number; readonly text: string } {
  const known = error instanceof EngineError;
  const message = known ? error.message : 'the connection failed';
  return { status: known ? statusOfKind[error.kind] : 502, text: `Drydock: ${message}\n` };
}

const invalid = (message: string): EngineError => new EngineError('invalid', message);

function drained(to: Writable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ['drain', 'close'];
  for (const event of events) to.once(event, resolve);
  return promise.finally(() => {
    for (const event of events) to.off(event, resolve);
  });
}

export function createProxy(outside: Outside): http.Server {
  const meter = new ByteMeter(egressBytesPerSecond);

  /** Passes all on, and then the end. Where either side breaks off, so does the other. */
  const pump = async (from: Readable, to: Writable): Promise<void> => {
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        await meter.take(chunk.length);
        if (to.destroyed) throw new Error('the other side is gone');
        if (!to.write(chunk)) await drained(to);
      }
      to.end();
    } catch {
      from.destroy();
      to.destroy();
    }
  };

  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = URL.parse(request.url ?? '');
    if (url?.protocol !== 'http:')
      throw invalid('this is an HTTP proxy: it takes http:// addresses, and CONNECT for https');
    if (url.port !== '' || url.username !== '') throw invalid(`only port 80 is reached by http, not ${url.host}`);
    const socket = await outside.dial(url.hostname, 80);
    const sent = http.request({
      createConnection: () => socket,
      method: request.method,
      path: url.pathname + url.search,
      headers: ['Host', url.host, ...passedOn(request), 'Connection', 'close'] as unknown as http.OutgoingHttpHeaders,
      setHost: false,
    });
    response.once('close', () => sent.destroy());
    sent.once('error', (error) => refuse(response, error));
    sent.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedOn(answer));
      void pump(answer, response);
    });
    await pump(request, sent);
  };

  const tunnel = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const [, name = '', port] = /^([^:]+):(\d+)$/.exec(request.url ?? '') ?? [];
    if (port !== '443') throw invalid(`CONNECT reaches port 443 alone, not ${(request.url ?? '').slice(0, 255)}`);
    const out = await outside.dial(name, 443);
    if (socket.destroyed) {
      out.destroy();
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    for (const each of [out, socket as Socket]) each.setTimeout(egressIdleMs, () => each.destroy());
    socket.once('close', () => out.destroy());
    void pump(socket, out);
    void pump(out, socket);
  };

  const server = http.createServer({ keepAliveTimeout: 5_000 });
  server.maxConnections = maxEgressConnectionsPerHost;
  server.on('request', (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    forward(request, response).catch((error: unknown) => refuse(response, error));
  });
  server.on('connect', (request: IncomingMessage, socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    tunnel(request, socket, head).catch((error: unknown) => {
      const { status, text } = told(error);
      const headers = `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close`;
      socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${headers}\r\n\r\n${text}`);
    });
  });
  return server;
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, text } = told(error);
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' }).end(text);
}
