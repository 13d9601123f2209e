// The thread of the workshop's way out: an HTTP proxy in the machine's own network, or a pipe to the proxy that the machine itself has.
// Started by `way-out.ts` only.

import dns from 'node:dns';
import http, { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import net, { isIP, type LookupFunction } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { workerData } from 'node:worker_threads';
import { ownAddresses } from '../egress/addresses.ts';
import type { WayOutData } from './way-out.ts';

/** A mirror that is asked for a hundred packages is asked over some connections, not over a hundred. */
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
const connectMs = 30_000;
const hopByHop = ['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'upgrade', 'proxy-authorization'];

/** A step of a build may ask every server that the machine reaches, and nothing that listens on the machine itself. */
function isOwn(address: string): boolean {
  return (
    /^(127\.|0\.|169\.254\.|::1$|::$|fe80:|::ffff:(127|0|169\.254)\.)/i.test(address) ||
    ownAddresses().includes(address)
  );
}

/** By the machine's own names, as every program of it. */
const lookup: LookupFunction = (name, options, done) => {
  dns.lookup(name, { ...options, all: true }, (error, found) => {
    const open = (found ?? []).filter(({ address }) => !isOwn(address));
    const [first] = open;
    if (error || !first) {
      done(error ?? new Error(`${name} is this machine itself, which a build does not reach`), '', 0);
    } else if (options.all) done(null, open);
    else done(null, first.address, first.family);
  });
};

function check(host: string): void {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0 && isOwn(bare)) throw new Error(`${host} is this machine itself, which a build does not reach`);
}

function passedOn({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 1 || hopByHop.includes(name.toLowerCase()) ? [] : [name, rawHeaders[index + 1] ?? ''],
  );
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const url = URL.parse(request.url ?? '');
  if (url?.protocol !== 'http:') {
    refuse(response, 400, 'this is an HTTP proxy');
    return;
  }
  try {
    check(url.hostname);
  } catch (error) {
    refuse(response, 403, (error as Error).message);
    return;
  }
  const sent = http.request({
    ...{ agent, lookup, method: request.method, timeout: connectMs },
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    path: url.pathname + url.search,
    headers: passedOn(request) as unknown as OutgoingHttpHeaders,
    setHost: false,
  });
  sent.once('error', (error) => refuse(response, 502, error.message));
  sent.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedOn(answer));
    pipeline(answer, response, () => undefined);
  });
  response.once('close', () => {
    if (!response.writableFinished) sent.destroy();
  });
  request.pipe(sent);
}

function refuse(response: ServerResponse, status: number, why: string): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' }).end(`Drydock: ${why}\n`);
}

function tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(request.url ?? '') ?? [];
  socket.on('error', () => socket.destroy());
  try {
    check(host);
  } catch {
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const out = net.connect({ host: host.replace(/^\[|\]$/g, ''), port: Number(port), lookup });
  out.on('error', () => {
    if (out.connecting) socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    else socket.destroy();
  });
  out.once('connect', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) out.write(head);
    joined(socket, out);
  });
}

function joined(one: Duplex, other: Duplex): void {
  pipeline(one, other, () => undefined);
  pipeline(other, one, () => undefined);
}

const { fd, upstream } = workerData as WayOutData;
if (upstream) {
  net
    .createServer({ allowHalfOpen: true }, (socket) => {
      const out = net.connect({ ...upstream, allowHalfOpen: true });
      for (const each of [socket, out]) each.on('error', () => each.destroy());
      joined(socket, out);
    })
    .listen({ fd });
} else {
  const server = http.createServer({ requestTimeout: 0 }, (request, response) => {
    for (const each of [request, response]) each.on('error', () => undefined);
    forward(request, response);
  });
  server.on('connect', tunnel);
  server.listen({ fd });
}
