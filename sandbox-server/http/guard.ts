// Which requests are taken at all: the Host must be ours, and unsafe methods and upgrades must come from our own pages.

import type { IncomingHttpHeaders } from 'node:http';

export interface Guard {
  /** Is the Host header one of ours? (DNS rebinding.) */
  host(headers: IncomingHttpHeaders): boolean;
  /** Is the Origin header there, and exactly one of ours? */
  origin(headers: IncomingHttpHeaders): boolean;
  /** Did our own page send this? By Origin, and by Sec-Fetch-Site where browsers send that: only to https and to localhost. */
  sameOrigin(headers: IncomingHttpHeaders): boolean;
}

function tellsFetchSite(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

/** `port` is the port we listen on: a health check on this machine may name it by any loopback name. */
export function guardOf(origins: ReadonlySet<string>, port: number): Guard {
  const hosts = new Set([...origins].map((origin) => new URL(origin).host));
  for (const name of ['localhost', '127.0.0.1', '[::1]']) hosts.add(`${name}:${port}`);
  const isOurs = (headers: IncomingHttpHeaders) => headers.origin !== undefined && origins.has(headers.origin);
  return {
    host: (headers) => headers.host !== undefined && hosts.has(headers.host.toLowerCase()),
    origin: isOurs,
    sameOrigin: (headers) => {
      const { origin } = headers;
      if (!isOurs(headers) || origin === undefined) return false;
      const site = headers['sec-fetch-site'];
      return site === 'same-origin' || (site === undefined && !tellsFetchSite(origin));
    },
  };
}
