// Connects to a name of the internet, from the network namespace of this thread: to an address that was looked at, and no other.

import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { EngineError } from '../errors.ts';
import { egressConnectMs, maxEgressAddresses } from '../limits.ts';
import { isPublic } from './addresses.ts';
import { isAllowed, plainName } from './allow-list.ts';

/** The name servers that a file like /etc/resolv.conf names; none where it cannot be read. */
export function serversIn(file: string): string[] {
  try {
    return [...readFileSync(file, 'utf8').matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server = '']) => server);
  } catch {
    return [];
  }
}

export class Outside {
  readonly allow: readonly string[];
  readonly #resolver = new Resolver({ timeout: 2_000, tries: 2 });

  /** `servers`: addresses of name servers; none for those of the machine. */
  constructor(allow: readonly string[], servers: readonly string[]) {
    this.allow = allow;
    if (servers.length > 0) this.#resolver.setServers(servers);
  }

  /** Throws forbidden (name, address), notFound (no address), unavailable (none of them answers). */
  async dial(given: string, port: number): Promise<net.Socket> {
    const name = plainName(given);
    if (name === null || !isAllowed(this.allow, name))
      throw new EngineError(
        'forbidden',
        `${given.slice(0, 255)} is not among the names that this lab reaches: ${this.allow.join(', ')}`,
      );
    const addresses = await this.#addressesOf(name);
    const open = addresses.filter(isPublic).slice(0, maxEgressAddresses);
    if (open.length === 0)
      throw new EngineError('forbidden', `${name} is at ${addresses.join(', ')}, which is no address of the internet`);
    let last: unknown;
    for (const address of open) {
      try {
        return await connected(address, port);
      } catch (error) {
        last = error;
      }
    }
    throw new EngineError('unavailable', `${name} does not answer at port ${port}`, { cause: last });
  }

  async #addressesOf(name: string): Promise<string[]> {
    const found = await Promise.allSettled([this.#resolver.resolve4(name), this.#resolver.resolve6(name)]);
    const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    if (addresses.length > 0) return addresses;
    throw new EngineError('notFound', `no name server knows an address of ${name}`);
  }
}

async function connected(address: string, port: number): Promise<net.Socket> {
  const socket = net.connect({ host: address, port, allowHalfOpen: true });
  socket.on('error', () => socket.destroy());
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(egressConnectMs) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
