// Single HTTP requests to registries and their token servers. Knows nothing of what they mean, but bounds each: in time, in the bytes
// of its head, in redirects.

import http from 'node:http';
import type net from 'node:net';
import type { Readable } from 'node:stream';
import { giveBack } from '../give-back.ts';
import { maxFetchRedirects, maxRegistryConnections, maxRegistryRedirects } from '../limits.ts';
import { dialRegistry, isByPlainProxy, type Way } from './dial.ts';
import { RegistryFailure } from './failure.ts';

export interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left out of requests that a redirect leads to another host with. */
  readonly authorization?: string | null;
  /** Bytes, or a stream whose length the headers tell. */
  readonly body?: Uint8Array | Readable;
}

export interface Incoming {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Each on its own, however often it was sent. */
  readonly challenges: readonly string[];
  /** To be read to its end, or destroyed. */
  readonly body: http.IncomingMessage;
  /** Where it came from in the end. */
  readonly url: URL;
}

const redirects = [301, 302, 303, 307, 308];
const userAgent = 'docker/28.5.2 drydock';

export class Transport implements Disposable {
  readonly way: Way;
  /** How long a server may be silent. */
  readonly idleMs: number;
  readonly #plain: http.Agent;
  readonly #secure: http.Agent;

  constructor(way: Way, idleMs: number) {
    this.way = way;
    this.idleMs = idleMs;
    this.#plain = new DialingAgent(way, false);
    this.#secure = new DialingAgent(way, true);
  }

  /** Closes every connection. */
  [Symbol.dispose](): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }

  /** The answer's head, redirects of GET and HEAD followed. Throws RegistryFailure, as Go's client tells of the first request. */
  async send(outgoing: Outgoing): Promise<Incoming> {
    let next = outgoing;
    for (let followed = 0; ; followed++) {
      const incoming = await this.#sendOne(next);
      const { location } = incoming.headers;
      const mayFollow = outgoing.method === 'GET' || outgoing.method === 'HEAD';
      if (!redirects.includes(incoming.status) || location === undefined || !mayFollow) return incoming;
      incoming.body.destroy();
      const most = this.way.isForFiles ? maxFetchRedirects : maxRegistryRedirects;
      if (followed >= most)
        throw new RegistryFailure(`stopped after ${most} redirects`, { kind: 'broken' }).of(
          outgoing.method,
          outgoing.url,
        );
      const url = urlIn(location, next.url);
      if (!url || (url.protocol === 'http:' && next.url.protocol === 'https:'))
        throw new RegistryFailure('it redirects to an address that is not https', { kind: 'broken' }).of(
          outgoing.method,
          outgoing.url,
        );
      next = { ...next, url, authorization: url.origin === next.url.origin ? (next.authorization ?? null) : null };
    }
  }

  async #sendOne(outgoing: Outgoing): Promise<Incoming> {
    const { method, url, headers, authorization, body } = outgoing;
    const secure = url.protocol === 'https:';
    const request = http.request({
      method,
      // `hostname` of a URL has the brackets of an IPv6 address, which `dialRegistry` takes too.
      host: url.hostname,
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      path: isByPlainProxy(this.way, url.hostname, secure) ? url.href : `${url.pathname}${url.search}`,
      headers: {
        Host: url.host,
        'User-Agent': userAgent,
        ...headers,
        ...(authorization && { Authorization: authorization }),
      },
      agent: secure ? this.#secure : this.#plain,
      setDefaultHeaders: false,
    });
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    request.setTimeout(this.idleMs, () =>
      request.destroy(new RegistryFailure('net/http: timeout awaiting response headers', { kind: 'lost' })),
    );
    request.once('socket', (socket) => {
      // Behind Node's own listener, whose parser has made copies of what belongs to a body.
      socket.on('data', giveBack);
      request.once('close', () => socket.off('data', giveBack));
    });
    request.once('response', resolve);
    // Later ones are the answer's, and its reader's.
    request.on('error', reject);
    if (body === undefined) request.end();
    else if (body instanceof Uint8Array) request.end(body);
    else {
      request.once('close', () => body.destroy());
      void pour(body, request);
    }
    try {
      const response = await promise;
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        challenges: response.headersDistinct['www-authenticate'] ?? [],
        body: response,
        url,
      };
    } catch (error) {
      // The server has closed a connection that it was idle on, before it could hear of this request.
      const isStale = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      if (isStale && (body === undefined || body instanceof Uint8Array)) return await this.#sendOne(outgoing);
      throw failureOf(error).of(method, url);
    }
  }
}

/** Sends all that `body` has. What was sent is empty then: each piece is a buffer of its own, which nobody else has. */
async function pour(body: Readable, request: http.ClientRequest): Promise<void> {
  let wake: (() => void) | null = null;
  request.on('drain', () => wake?.()).once('close', () => wake?.());
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      const mayGoOn = request.write(piece, (error) => {
        if (!error) giveBack(piece);
      });
      if (request.destroyed) return;
      if (!mayGoOn) await new Promise<void>((resolve) => (wake = resolve));
    }
    request.end();
  } catch (error) {
    request.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Connects by the way that a host's registries are reached. */
class DialingAgent extends http.Agent {
  readonly #way: Way;
  readonly #isSecure: boolean;

  constructor(way: Way, isSecure: boolean) {
    super({ keepAlive: true, maxSockets: maxRegistryConnections, maxFreeSockets: 2, timeout: 60_000 });
    this.#way = way;
    this.#isSecure = isSecure;
  }

  override createConnection(
    options: http.ClientRequestArgs,
    callback?: (error: Error | null, socket: net.Socket) => void,
  ): undefined {
    const done = callback as (error: Error | null, socket?: net.Socket) => void;
    dialRegistry(this.#way, String(options.host), Number(options.port), this.#isSecure).then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
  }
}

/** Absolute or not; null where it is none of http or https, or has a name and password in it. */
export function urlIn(location: string, base: URL): URL | null {
  const url = URL.parse(location, base);
  return url && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '' ? url : null;
}

/** What went wrong on a connection, as Go tells it. */
export function failureOf(error: unknown): RegistryFailure {
  if (error instanceof RegistryFailure) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new RegistryFailure(code === 'ERR_STREAM_PREMATURE_CLOSE' ? 'unexpected EOF' : 'EOF', {
      kind: 'lost',
      cause: error,
    });
  if (code.startsWith('HPE_'))
    return new RegistryFailure(`net/http: HTTP/1.x transport connection broken: malformed HTTP response (${code})`, {
      kind: 'broken',
      cause: error,
    });
  return new RegistryFailure(code || message, { kind: 'lost', cause: error });
}
