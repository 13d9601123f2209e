// Headers on their way from a browser to a container and back: what is for us, for a proxy, or for another site stays here.

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Preview } from '../previews/previews.ts';
import { theirCookies, theirSetCookie } from './preview-cookie.ts';

/** RFC 9110 §7.6.1, and what older software sends. */
const ofConnection = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
];

/** What only a proxy may say, and we say it anew; and what we have answered already. */
const notForward = /^(x-forwarded-|x-real-ip$|x-original-|x-rewrite-|forwarded$|via$|host$|cookie$|expect$)/;

/**
 * What would reach beyond the page: proxies in front of us (`x-accel-`), the browser's opinion of the whole host or domain,
 * where it may be framed (ours to say), and reports to elsewhere.
 */
const notBack =
  /^(x-accel-|x-sendfile|x-lighttpd-|x-frame-options$|strict-transport-security$|clear-site-data$|alt-svc$|service-worker-allowed$|public-key-pins|expect-ct$|nel$|report-to$|reporting-endpoints$|set-cookie2?$|location$|content-location$|cache-control$|content-security-policy$|refresh$)/;

/** The headers that a message has end to end. */
function endToEnd(message: IncomingMessage): [string, string[]][] {
  const named = (message.headers.connection ?? '').toLowerCase().split(',');
  const dropped = new Set([...ofConnection, ...named.map((name) => name.trim())]);
  return Object.entries(message.headersDistinct).flatMap(([name, values]) =>
    values === undefined || dropped.has(name) ? [] : [[name, values]],
  );
}

/**
 * What a container hears of a request: it was made to `http://localhost:PORT`, as the student's own browser would have made
 * it. Development servers (Vite, webpack, Rails, Django) refuse every other name. `own` is the preview's origin, `theirs`
 * the one that the container is told.
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
  /** The origin is another preview's at another time: nothing may be kept. */
  readonly shared: boolean;
  /** Who may show it in a frame. */
  readonly framedBy: string;
  /** The way into another port of the same host, at this path; null where the browser may not be led there. */
  readonly wayTo: (port: number, path: string) => string | null;
}

/** What a browser hears of a container's answer. */
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
 * Where a container leads on to. An address of its own, under whatever name it knows itself, becomes a path on its origin;
 * another port of `localhost` is another port of the student's host, and never of the browser's machine.
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

/** Only this browser may keep it: a cache on the way would give it to those who have no cookie. */
function cacheBack(given: string | undefined): string {
  const kept = (given ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(public|private|s-maxage)\b/i.test(part));
  return ['private', ...kept].join(', ');
}

/** A header may hold several policies. */
function withoutAncestors(header: string): string[] {
  const without = (policy: string) =>
    policy.split(';').filter((directive) => !/^\s*frame-ancestors\b/i.test(directive));
  return header.split(',').flatMap((policy) => {
    const directives = without(policy).filter((directive) => directive.trim() !== '');
    return directives.length === 0 ? [] : [directives.join(';')];
  });
}
