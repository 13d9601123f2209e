// The settings of a server. `main.ts` reads them from flags, and secrets from the environment, which other users of the machine
// cannot see. Nothing else in the server reads the environment.

import { totalmem } from 'node:os';

export interface Settings {
  readonly version: string;
  readonly engineSocket: string;
  /** The server's own writable directory: `server.db`. */
  readonly dataDirectory: string;
  /** Where the `drydock` command reaches this server, a Unix socket; null: nowhere. */
  readonly operatorSocket: string | null;
  readonly siteDirectory: string;
  readonly lessonsDirectory: string;
  /** The address to listen on. */
  readonly listenAddress: string;
  readonly port: number;
  /** What students type into the browser: `https://drydock.example.org`. Decides the cookie's name and `Secure`. */
  readonly publicOrigin: string;
  /** Other origins that pages may be served from. */
  readonly otherOrigins: readonly string[];
  /** Where previews are served: `https://*.preview.example.org`, or `http://host:8081`; null: derived from `publicOrigin`. */
  readonly previewOrigin: string | null;
  /** Hosts at once that take memory, spare ones among them; the next student waits in the queue. */
  readonly capacity: number;
  /** Hosts that are kept ready, so that opening a lesson need not wait for one. */
  readonly spareHosts: number;
  /** Labs at once of newcomers of one network (/24 of IPv4, /48 of IPv6) who were not invited; null: 7/8 of `capacity`. */
  readonly maxPerNetwork: number | null;
  /** While others wait, a lab that was never typed into gives up its place after this long. */
  readonly yieldMs: number;
  /** Without a page: until a lab is frozen, until it is stored, until it ends. */
  readonly freezeMs: number;
  readonly idleMs: number;
  readonly keepMs: number;
  /** The code that opens the site; null: the site is open to everybody. */
  readonly invite: string | null;
  /** The Bearer token for `/metrics`; null: direct requests from this machine alone may read it. */
  readonly metricsToken: string | null;
  /** Addresses, and ranges such as 10.0.0.0/24, whose X-Forwarded-For is believed; none by default. */
  readonly trustedProxies: readonly string[];
}

/** An idle host with a shell takes under 8 MB, one that is worked in about 64 MB; 2 GiB are for the machine. */
export function defaultCapacity(): number {
  const gibibyte = 1024 ** 3;
  const mebibyte = 1024 ** 2;
  return Math.max(2, Math.floor((totalmem() - 2 * gibibyte) / (64 * mebibyte)));
}

/** The origins and Host headers that are ours. Where the public one is `localhost`, so is 127.0.0.1 and the other way round. */
export function allowedOrigins(settings: Settings): ReadonlySet<string> {
  const origins = new Set([settings.publicOrigin, ...settings.otherOrigins].map((origin) => new URL(origin).origin));
  const { protocol, hostname, port } = new URL(settings.publicOrigin);
  const suffix = port === '' ? '' : `:${port}`;
  if (hostname === 'localhost' || hostname === '127.0.0.1') {
    origins.add(`${protocol}//localhost${suffix}`);
    origins.add(`${protocol}//127.0.0.1${suffix}`);
  }
  return origins;
}
