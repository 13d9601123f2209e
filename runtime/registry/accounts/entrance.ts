// Where a client came in: the address that it knows the hub by, where it is sent for its tokens, and who it is as far as nobody has
// logged in.

import type { IncomingMessage } from 'node:http';
import { Refusal } from '../refusal.ts';

export interface Entrance {
  /** `http://hub.drydock`, or the site's: tokens are asked for at `/token` of it. */
  readonly origin: string;
  /** Whose wrong passwords and pulls are counted together: a host's name, an address. Never told to anybody. */
  readonly source: string;
  /** The name of the account by whose rights those ask there who show no credentials; nobody's where left out. */
  readonly account?: string | null;
}

/** Throws Refusal for a request that came by an address that is none of the hub's. */
export type EntranceOf = (request: IncomingMessage) => Entrance;

export const tokenPath = '/token';

/**
 * The entrance among `origins` that a request's header `Host` names. A client is never sent to an address that only its request
 * names, so that nobody's password goes there. Throws Refusal: 400.
 */
export function entranceAmong(origins: readonly string[], request: IncomingMessage, source: string): Entrance {
  const hosts = request.rawHeaders.filter((_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === 'host');
  const [host = ''] = hosts;
  // Of two, a proxy in front might have used the other one (RFC 9112 §3.2).
  const origin = hosts.length === 1 ? origins.find((one) => new URL(one).host === host.toLowerCase()) : undefined;
  if (origin !== undefined) return { origin, source };
  throw new Refusal('UNSUPPORTED', { status: 400, message: 'the hub does not answer at this address' });
}
