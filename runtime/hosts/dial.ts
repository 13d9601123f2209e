// Connects to a port of a host's 127.0.0.1 from outside: a published port answers there as it answers `curl localhost`.

import type { Duplex } from 'node:stream';
import { EngineError } from '../errors.ts';
import { dialInside } from '../kernel/dial.ts';
import { dialTimeoutMs, maxDialsPerHost } from '../limits.ts';
import type { Host } from './host.ts';

/** How many connections each host has, including those that are being made. */
const dials = new WeakMap<Host, number>();

function count(host: Host, change: 1 | -1): void {
  dials.set(host, (dials.get(host) ?? 0) + change);
}

/**
 * Throws notFound where nothing listens, unavailable where the host is stopped, conflict where it is frozen, exhausted where it
 * has too many connections.
 */
export async function dial(host: Host, port: number, signal: AbortSignal): Promise<Duplex> {
  host.needRunning();
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new EngineError('invalid', `a port is a number from 1 to 65535, not ${port}`);
  if ((dials.get(host) ?? 0) >= maxDialsPerHost)
    throw new EngineError('exhausted', `host ${host.name} has ${maxDialsPerHost} connections from outside; close one`);
  count(host, 1);
  try {
    const socket = await dialInside(host.record, { port }, dialTimeoutMs, signal);
    socket.once('close', () => count(host, -1));
    return socket;
  } catch (error) {
    count(host, -1);
    throw refusal(error, port);
  }
}

function refusal(error: unknown, port: number): unknown {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED')
    return new EngineError('notFound', `nothing listens on port ${port} of this host`, { cause: error });
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return new EngineError('notFound', `port ${port} of this host does not answer`, { cause: error });
  if (code === 'ESRCH' || code === 'ENOENT')
    return new EngineError('unavailable', 'the host has stopped; start it first', { cause: error });
  return error;
}
