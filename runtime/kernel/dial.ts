// A TCP connection from inside another process's network namespace, as a Node socket.

import fs from 'node:fs';
import net from 'node:net';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { checked, libcCalls, SystemCallError } from './libc.ts';
import { insideNetworkOf } from './namespaces.ts';
import { isAlive } from './processes.ts';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const { EAGAIN, EALREADY, EINPROGRESS, EISCONN } = constants.errno;
/** The kernel's own loopback answers within the call or right after it; packet filters may never answer, so the wait doubles. */
const firstWaitMs = 1;
const maxWaitMs = 32;

/** An IPv4 address; 127.0.0.1 where none is given. */
export interface DialPlace {
  readonly address?: string;
  readonly port: number;
}

/**
 * Connects to a place as process `pid`, started at `startTicks`, would. Throws SystemCallError: ECONNREFUSED where
 * nothing listens, ETIMEDOUT after `timeoutMs`, ESRCH where the process is gone; and what `signal` was aborted with.
 */
export async function dialInside(
  { pid, startTicks }: { readonly pid: number; readonly startTicks: number },
  { address = '127.0.0.1', port }: DialPlace,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<net.Socket> {
  const fd = insideNetworkOf(pid, () => {
    // Looked at once we are inside: the number may have gone to another process, of the machine perhaps.
    if (!isAlive(pid, startTicks)) throw new SystemCallError('dial', constants.errno.ESRCH);
    return checked('socket', libcCalls.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  });
  try {
    const giveUpMs = performance.now() + timeoutMs;
    for (let tries = 0; !connected(fd, address, port); tries++) {
      if (performance.now() > giveUpMs) throw new SystemCallError('connect', constants.errno.ETIMEDOUT);
      if (tries > 0) await delay(Math.min(firstWaitMs * 2 ** (tries - 1), maxWaitMs), undefined, { signal });
    }
    return new net.Socket({ fd, allowHalfOpen: true });
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** True once the socket is connected, false while it is under way. */
function connected(fd: number, address: string, port: number): boolean {
  const place = Buffer.alloc(16); // struct sockaddr_in
  place.writeUInt16LE(AF_INET, 0);
  place.writeUInt16BE(port, 2);
  place.set(address.split('.').map(Number), 4);
  try {
    checked('connect', libcCalls.connect(fd, place, place.length));
    return true;
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (error.errno === EISCONN) return true;
    if (([EINPROGRESS, EALREADY, EAGAIN] as readonly number[]).includes(error.errno)) return false;
    throw error;
  }
}
