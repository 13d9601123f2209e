// A connection of the machine's own to a URL's host: to an address that was looked at, and no other. What a name leads to is asked once,
// and the connection goes to what was answered (B07).

import net from 'node:net';
import tls from 'node:tls';
import { EngineError } from '../errors.ts';
import { maxEgressAddresses, registryConnectMs } from '../limits.ts';
import { RegistryFailure } from '../registries/failure.ts';
import { type Resolve, resolveBy } from '../registries/names.ts';
import { bareHost, type Places, portOf } from './places.ts';

/** As the machine has it. */
const resolveHere = resolveBy('/etc');
let authorities: string[] | null = null;

/** Those that Node comes with, and the machine's own. */
function trusted(): string[] {
  authorities ??= [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])];
  return authorities;
}

/** Connected, and verified where the URL is one of https. Throws EngineError: forbidden where it may not go there, unavailable. */
export async function dialOutside(
  url: URL,
  places: Places,
  signal: AbortSignal,
  resolve: Resolve = resolveHere,
): Promise<net.Socket> {
  const host = bareHost(url.hostname);
  const port = portOf(url);
  if (!places.admits(url)) throw new EngineError('forbidden', `${url.host} is not among the places that are allowed`);
  const found = (await addressesOf(host, resolve)).filter((address) => places.reaches(address, port));
  if (found.length === 0)
    throw new EngineError(
      'forbidden',
      `${host} leads to no address that is allowed: private ones are named by themselves`,
    );
  let last: unknown;
  for (const address of found.slice(0, maxEgressAddresses)) {
    try {
      const socket = await settled(net.connect({ host: address, port, noDelay: true }), 'connect', signal);
      if (url.protocol !== 'https:') return socket;
      const servername = net.isIP(host) === 0 ? { servername: host } : { host };
      const secured = tls.connect({ socket, ca: trusted(), ALPNProtocols: ['http/1.1'], ...servername });
      return await settled(secured, 'secureConnect', signal);
    } catch (error) {
      last = error;
    }
  }
  throw new EngineError('unavailable', `${url.host} does not answer: ${reason(last)}`, { cause: last });
}

/** Throws unavailable where no name server knows it. */
async function addressesOf(host: string, resolve: Resolve): Promise<readonly string[]> {
  if (net.isIP(host) !== 0) return [host];
  try {
    return await resolve(host);
  } catch (error) {
    if (!(error instanceof RegistryFailure)) throw error;
    throw new EngineError('unavailable', error.message, { cause: error });
  }
}

function reason(error: unknown): string {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
  return code ?? message ?? 'no reason is known';
}

/** The socket, once `event` has happened; destroyed where it fails, takes too long, or `signal` ends it. */
async function settled<Socket extends net.Socket>(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<Socket> {
  const { promise, resolve: done, reject } = Promise.withResolvers<Socket>();
  const end = (): void => reject(signal.reason);
  const timer = setTimeout(
    () => reject(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
    registryConnectMs,
  );
  socket.on('error', reject);
  socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  socket.once(event, () => done(socket));
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
