// Answers on a preview's origin: admits the student's browser, and forwards its requests through the engine to the preview's
// port. The preview names host and port; a request never does.

import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { Logger } from 'pino';
import type { EngineLink } from '../engine-link.ts';
import { messageOf, ServerError, sentences } from '../errors.ts';
import {
  maxHeaderBytes,
  maxPreviewConnections,
  previewHangUpMs,
  previewIdleMs,
  previewOpenBurst,
  previewOpensPerSecond,
  previewRequestBurst,
  previewRequestsPerSecond,
  previewWaitMs,
} from '../limits.ts';
import type { PreviewOrigins } from '../previews/origin.ts';
import type { Preview, Previews } from '../previews/previews.ts';
import { RateLimit } from '../rate-limit.ts';
import type { Session } from '../sessions/session.ts';
import { Tally } from '../tally.ts';
import { hangUp, refuse } from './hang-up.ts';
import { admitted, previewCookie } from './preview-cookie.ts';
import { headersBack, headersForward } from './preview-headers.ts';
import { badAnswer, busy, linkUsed, malformed, noticeOf, notLetIn, noWorkers, unknown } from './preview-notices.ts';
import { type Notice, ownHeaders, ownPaths, sendNotice, waitScript } from './preview-pages.ts';
import { overTls } from './preview-tls.ts';

export interface PreviewParts {
  readonly origins: PreviewOrigins;
  readonly previews: Previews;
  readonly link: EngineLink;
  /** Null if it has ended. */
  readonly sessionOf: (id: string) => Session | null;
  /** The origins of the site, which may show previews in frames. */
  readonly siteOrigins: ReadonlySet<string>;
  readonly log: Logger;
}

export class PreviewServer {
  readonly #parts: PreviewParts;
  readonly #framedBy: string;
  readonly #rate = new RateLimit({ perSecond: previewRequestsPerSecond, burst: previewRequestBurst });
  readonly #connections = new Tally();
  /** Redirects to other ports open previews too, at the same rate as students. */
  readonly #openings = new RateLimit({ perSecond: previewOpensPerSecond, burst: previewOpenBurst });
  /** Previews whose port spoke TLS. Another container may have the port later. */
  readonly #tls = new WeakSet<Preview>();
  readonly #ending = new AbortController();

  constructor(parts: PreviewParts) {
    this.#parts = parts;
    this.#framedBy = [...parts.siteOrigins].join(' ');
  }

  /** Whether a request is for a preview's origin. Then nothing else may answer it. */
  takes({ headers }: IncomingMessage): boolean {
    return this.#parts.origins.named(headers.host) !== null;
  }

  /** Ends every connection to a container. */
  close(): void {
    this.#ending.abort();
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    this.#answer(request, response).catch((error: unknown) => {
      this.#parts.log.error({ error: messageOf(error) }, 'a preview failed');
      this.#notice(request, response, badAnswer);
    });
  }

  /** Takes WebSockets of the preview's own page. All others are refused before a container gets them. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#upgrade(request, socket, head).catch((error: unknown) => {
      this.#parts.log.error({ error: messageOf(error) }, 'a WebSocket of a preview failed');
      socket.destroy();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origins, previews } = this.#parts;
    const { url = '', method = '', headers } = request;
    const name = origins.named(headers.host)?.name ?? null;
    const isPath = url.startsWith('/') || (url === '*' && method === 'OPTIONS');
    if (!isPath || method === 'TRACE') return this.#notice(request, response, malformed);
    const [path, query] = url.split('?');
    if (path === ownPaths.enter && method === 'GET')
      return this.#enter(request, response, name, new URLSearchParams(query));
    // On a shared origin a service worker would outlive this preview, and control the next.
    const isWorker = headers['service-worker'] !== undefined || headers['sec-fetch-dest'] === 'serviceworker';
    if (origins.shared && isWorker) return this.#notice(request, response, noWorkers);
    if (path === ownPaths.wait) return this.#own(response, 200, 'text/javascript', waitScript);
    if (name !== null && previews.find(name) === null) return this.#notice(request, response, unknown);
    const preview = admitted(previews, headers.cookie, { name, secure: origins.secure });
    if (preview === null) return this.#notice(request, response, notLetIn);
    if (path === ownPaths.ready) return this.#ready(response, preview);
    if (this.#rate.take(preview.session) > 0) return this.#notice(request, response, { ...busy, status: 429 });
    await this.#within(preview, async (stream) => this.#forward(request, response, preview, stream)).catch((error) => {
      this.#notice(request, response, noticeOf(error, preview));
    });
  }

  #notice(request: IncomingMessage, response: ServerResponse, notice: Notice): void {
    sendNotice(request, response, notice, this.#framedBy);
  }

  #own(response: ServerResponse, status: number, type: string, body: string, more: OutgoingHttpHeaders = {}): void {
    response.writeHead(status, { ...ownHeaders(this.#framedBy), 'content-type': type, ...more });
    response.end(body);
  }

  /** Admits the browser that has the `token`, and redirects it to the path `to`. */
  #enter(request: IncomingMessage, response: ServerResponse, name: string | null, asked: URLSearchParams): void {
    const { origins, previews } = this.#parts;
    const preview = previews.enter(asked.get('token') ?? '');
    if (preview === null || (name !== null && preview.name !== name)) {
      this.#notice(request, response, linkUsed);
      return;
    }
    const before = admitted(previews, request.headers.cookie, { name: null, secure: origins.secure });
    this.#own(response, 303, 'text/plain', '', {
      'set-cookie': previewCookie(preview, origins.secure),
      location: ownPath(asked.get('to') ?? '/'),
      // Another preview may have left data in the browser under this origin.
      ...(origins.shared && before !== preview ? { 'clear-site-data': '"cache", "storage"' } : {}),
    });
  }

  async #ready(response: ServerResponse, preview: Preview): Promise<void> {
    const status = await this.#within(preview, async () => 204).catch((error) => noticeOf(error, preview).status);
    // 502 means that nothing listens yet. The page gets a 503, and keeps waiting.
    this.#own(response, status === 502 ? 503 : status, 'text/plain', '');
  }

  /** Calls `use` with a connection to the preview's port, and closes that once `use` has settled. Throws what dialling throws. */
  async #within<T>(preview: Preview, use: (stream: Duplex) => Promise<T>): Promise<T> {
    const { link, sessionOf } = this.#parts;
    const session = sessionOf(preview.session);
    if (session === null || session.takenBack !== preview.life) throw new ServerError('gone', sentences.ended);
    if (this.#connections.count(session.id) >= maxPreviewConnections)
      throw Object.assign(new Error('too many connections'), { kind: 'exhausted' });
    const closed = this.#connections.add(session.id);
    try {
      const host = session.host(preview.host);
      const stream = await link.call((engine) => engine.dial(host, preview.port, this.#ending.signal), previewWaitMs);
      if (stream instanceof Socket) stream.setTimeout(previewIdleMs, () => stream.destroy());
      try {
        return await use(stream);
      } finally {
        stream.destroy();
      }
    } finally {
      closed();
    }
  }

  #back(answer: IncomingMessage, request: IncomingMessage, preview: Preview): OutgoingHttpHeaders {
    const { origins } = this.#parts;
    return headersBack(answer, {
      preview,
      origin: origins.originOf(preview.name),
      framedBy: this.#framedBy,
      secure: origins.secure,
      shared: origins.shared,
      // Only navigations are redirected: a page's `fetch` could not read an answer of the other origin.
      wayTo: (port, path) =>
        request.headers['sec-fetch-mode'] === 'navigate' ? this.#wayTo(preview, port, path) : null,
    });
  }

  /** A URL that admits the preview's browser to another port of the same host; null above the rate of openings. */
  #wayTo({ session, host, life }: Preview, port: number, path: string): string | null {
    const { origins, previews } = this.#parts;
    if (this.#openings.take(session) > 0) return null;
    const { preview, token } = previews.open({ session, host, life, port });
    const asked = new URLSearchParams({ token, to: path });
    return `${origins.originOf(preview.name)}${ownPaths.enter}?${asked}`;
  }

  /**
   * Call it when the port gave no good answer to plain HTTP. Tries TLS; if that works, redirects the browser so that it asks
   * again, and the preview uses TLS from now on. Answers whether it redirected.
   */
  async #startsTls(request: IncomingMessage, response: ServerResponse, preview: Preview): Promise<boolean> {
    if (this.#tls.has(preview) || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
    const speaks = await this.#within(preview, async (stream) => (await overTls(stream)).destroy()).catch(() => null);
    if (speaks === null || response.headersSent) return false;
    this.#tls.add(preview);
    this.#own(response, 307, 'text/plain', '', { location: ownPath(request.url ?? '/') });
    return true;
  }

  /**
   * One request on a connection of its own, so that no answer can belong to another request. Resolves when `response` has
   * closed.
   */
  async #forward(request: IncomingMessage, response: ServerResponse, preview: Preview, stream: Duplex): Promise<void> {
    const spoken = await this.#speak(preview, stream);
    const { promise, resolve } = Promise.withResolvers<void>();
    const upstream = this.#ask(request, preview, spoken);
    response.once('close', resolve);
    let answered: IncomingMessage | null = null;
    let looks = false;
    /** Calls `otherwise` if the port does not speak TLS. */
    const lookForTls = (otherwise: () => void): void => {
      if (looks) return;
      looks = true;
      void this.#startsTls(request, response, preview).then((starts) => (starts ? undefined : otherwise()));
    };
    const failed = () => {
      // Errors after a complete answer, such as those by a body of a 204, are ignored.
      if (answered === null) lookForTls(() => this.#notice(request, response, badAnswer));
      else if (!answered.complete && !looks) this.#notice(request, response, badAnswer);
    };
    upstream.on('error', failed);
    // The container may also hang up without an answer, or switch to another protocol unasked.
    upstream.once('close', () => {
      if (answered === null && !response.headersSent) failed();
    });
    upstream.once('response', (answer) => {
      answered = answer;
      const give = (): void => {
        try {
          response.writeHead(answer.statusCode ?? 502, this.#back(answer, request, preview));
        } catch {
          // Node refuses the container's status or a header.
          answer.destroy();
          this.#notice(request, response, badAnswer);
          return;
        }
        // If the container hangs up within its answer, the browser's connection breaks too, so that the answer does not look
        // complete.
        pipeline(answer, response, () => undefined);
      };
      // nginx and Apache answer 400 to plain HTTP on a port for TLS.
      if (answer.statusCode === 400 && !this.#tls.has(preview)) lookForTls(give);
      else give();
    });
    // Not a pipeline: a container may answer before it has read the whole request, and the browser must get that answer.
    request.pipe(upstream);
    return promise;
  }

  /** The connection itself, or TLS over it if the preview uses TLS. Throws if the port no longer speaks TLS. */
  async #speak(preview: Preview, stream: Duplex): Promise<Duplex> {
    if (!this.#tls.has(preview)) return stream;
    try {
      return await overTls(stream);
    } catch (error) {
      // Another container may have the port by now, so the next request uses plain HTTP again.
      this.#tls.delete(preview);
      throw error;
    }
  }

  #ask(request: IncomingMessage, preview: Preview, stream: Duplex, upgrade: OutgoingHttpHeaders = {}) {
    const theirs = `${this.#tls.has(preview) ? 'https' : 'http'}://localhost:${preview.port}`;
    return httpRequest({
      createConnection: () => stream,
      method: request.method,
      path: request.url,
      headers: { ...headersForward(request, this.#parts.origins.originOf(preview.name), theirs), ...upgrade },
      maxHeaderSize: maxHeaderBytes,
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { origins, previews } = this.#parts;
    const { headers, url = '', method } = request;
    const name = origins.named(headers.host)?.name ?? null;
    const preview = admitted(previews, headers.cookie, { name, secure: origins.secure });
    const isOwn = preview !== null && headers.origin === origins.originOf(preview.name);
    if (!isOwn || method !== 'GET' || !url.startsWith('/')) return refuse(socket, '403 Forbidden');
    if (this.#rate.take(preview.session) > 0) return refuse(socket, '429 Too Many Requests');
    await this.#within(preview, (stream) => this.#tunnel(request, socket, head, preview, stream)).catch((error) =>
      refuse(socket, noticeOf(error, preview).status === 502 ? '502 Bad Gateway' : '503 Service Unavailable'),
    );
  }

  /** Resolves when the browser's socket has closed. */
  async #tunnel(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    preview: Preview,
    stream: Duplex,
  ): Promise<void> {
    const spoken = await this.#speak(preview, stream);
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once('close', resolve);
    const upstream = this.#ask(request, preview, spoken, { connection: 'Upgrade', upgrade: 'websocket' });
    upstream.on('error', () => refuse(socket, '502 Bad Gateway'));
    upstream.once('response', (answer) => {
      answer.destroy();
      refuse(socket, `${answer.statusCode === 404 ? '404 Not Found' : '502 Bad Gateway'}`);
    });
    upstream.once('upgrade', (answer, inside, first) => {
      const lines = Object.entries(this.#back(answer, request, preview)).flatMap(([key, value]) =>
        [value ?? []].flat().map((each) => `${key}: ${each}`),
      );
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${lines.join('\r\n')}\r\n\r\n`,
      );
      if (first.length > 0) socket.write(first);
      if (head.length > 0) inside.write(head);
      inside.on('error', () => socket.destroy());
      inside.once('close', () => hangUp(socket, '', previewHangUpMs));
      inside.pipe(socket).pipe(inside);
    });
    upstream.end();
    return promise;
  }
}

/** `asked` as a path of this origin; `/` if it would lead to another origin. */
function ownPath(asked: string): string {
  const here = 'http://preview';
  if (!URL.canParse(asked, here)) return '/';
  const { origin, pathname, search, hash } = new URL(asked, here);
  // To a browser, two slashes are followed by the name of a host.
  return origin === here && !pathname.startsWith('//') ? pathname + search + hash : '/';
}
