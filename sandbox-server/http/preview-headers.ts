// The headers of a preview's requests and answers: which are passed on, which are rewritten, which are dropped.

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Preview } from '../previews/previews.ts';
import { theirCookies, theirSetCookie } from './preview-cookie.ts';

/** Headers of one connection, not of the message: RFC 9110 §7.6.1, and those of older software. */
const ofConnection = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
];

/** Not forwarded: headers that only a proxy may set, host and cookie (rewritten below), and expect (answered by us already). */
const notForward = /^(x-forwarded-|x-real-ip$|x-original-|x-rewrite-|forwarded$|via$|host$|cookie$|expect$)/;

/**
 * Not sent back, because they reach beyond the page: headers for proxies in front of us (`x-accel-`), for the whole host or
 * domain, for framing (ours to decide), and for reports to elsewhere. Rewritten below: set-cookie, location, refresh,
 * cache-control and content-security-policy.
 */
const notBack =
  /^(x-accel-|x-sendfile|x-lighttpd-|x-frame-options$|strict-transport-security$|clear-site-data$|alt-svc$|service-worker-allowed$|public-key-pins|expect-ct$|nel$|report-to$|reporting-endpoints$|set-cookie2?$|location$|content-location$|cache-control$|content-security-policy$|refresh$)/;

/** The message's headers without those of its connection. */
function endToEnd(message: IncomingMessage): [string, string[]][] {
  const named = (message.headers.connection ?? '').toLowerCase().split(',');
  const dropped = new Set([...ofConnection, ...named.map((name) => name.trim())]);
  return Object.entries(message.headersDistinct).flatMap(([name, values]) =>
    values === undefined || dropped.has(name) ? [] : [[name, values]],
  );
}

/**
 * The headers that a container gets: of a request to `http://localhost:PORT`, as a browser on its host would make it, because
 * development servers (Vite, webpack, Rails, Django) refuse every other name. `own` is the preview's origin, `theirs` that of the
 * container.
 */
export function headersForward(request: IncomingMessage, own: string, theirs: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of endToEnd(request)) if (!notForward.test(name)) headers[name] = values;
  const { origin, referer } = request.headers;
  if (origin === own) headers.origin = theirs;
  if (referer?.startsWith(`${own}/`)) headers.referer = theirs + referer.slice(own.length);
  const cookie = theirCookies(request.headers.cookie);
  if (cookie !== undefined) headers.cookie = cookie;
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  return { ...headers, host: new URL(theirs).host, connection: 'close' };
}

export interface BackOptions {
  readonly preview: Preview;
  /** The preview's own origin. */
  readonly origin: string;
  readonly secure: boolean;
  /** Previews use this origin one after another, so the browser may store nothing. */
  readonly shared: boolean;
  /** Origins that may show it in a frame. */
  readonly framedBy: string;
  /** The URL that leads into another port of the same host, at this path; null if the browser may not be sent there. */
  readonly wayTo: (port: number, path: string) => string | null;
}

/** The headers that a browser gets of a container's answer. */
export function headersBack(answer: IncomingMessage, options: BackOptions): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of endToEnd(answer)) if (!notBack.test(name)) headers[name] = values;
  const { location, refresh } = answer.headers;
  if (location !== undefined) headers.location = locationBack(location, options);
  if (typeof refresh === 'string')
    headers.refresh = refresh.replace(/(url=)(.*)/i, (_, start, url) => start + locationBack(url, options));
  const cookies = (answer.headers['set-cookie'] ?? []).flatMap((each) => theirSetCookie(each, options.secure) ?? []);
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  headers['cache-control'] = options.shared ? 'no-store' : cacheBack(answer.headers['cache-control']);
  headers['content-security-policy'] = [
    ...(answer.headersDistinct['content-security-policy'] ?? []).flatMap(withoutAncestors),
    `frame-ancestors 'self' ${options.framedBy}`,
  ].join(', ');
  headers['origin-agent-cluster'] = '?1';
  return headers;
}

/**
 * Rewrites a container's Location. Its own address becomes one on the preview's origin. Another port of `localhost` means a
 * port of the student's host, never of the browser's machine, and becomes the address of that port's preview.
 */
function locationBack(location: string, { preview, origin, wayTo }: BackOptions): string {
  const own = new URL(origin);
  const target = URL.parse(location, origin);
  if (target === null) return location;
  const isOwn = target.hostname === own.hostname;
  const isLocal = ['localhost', '127.0.0.1', '0.0.0.0', '[::1]'].includes(target.hostname);
  const isPort = target.port === '' || target.port === String(preview.port);
  if (!/^https?:$/.test(target.protocol) || !(isOwn || isLocal)) return location;
  const path = `${target.pathname}${target.search}${target.hash}`;
  return isOwn || isPort ? `${origin}${path}` : (wayTo(Number(target.port), path) ?? location);
}

/** Always `private`: a cache on the way would give the page to people without the cookie. */
function cacheBack(given: string | undefined): string {
  const kept = (given ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(public|private|s-maxage)\b/i.test(part));
  return ['private', ...kept].join(', ');
}

/** The policies of a header, without what they say of `frame-ancestors`. A header may hold several policies. */
function withoutAncestors(header: string): string[] {
  const without = (policy: string) =>
    policy.split(';').filter((directive) => !/^\s*frame-ancestors\b/i.test(directive));
  return header.split(',').flatMap((policy) => {
    const directives = without(policy).filter((directive) => directive.trim() !== '');
    return directives.length === 0 ? [] : [directives.join(';')];
  });
}
