// Names of registries, resolved as a program in the host's workspace resolves them: its /etc/hosts, then its name servers.
//
// The files are the student's to write, so what is read of them is bounded. Queries leave from the network namespace of the thread
// that asks.

import { Resolver } from 'node:dns/promises';
import net from 'node:net';
import { readBeneath } from '../kernel/safe-read.ts';
import { dnsForwardTimeoutMs, maxDnsServers, maxRegistryAddresses } from '../limits.ts';
import { RegistryFailure } from './failure.ts';

/** Gives the addresses of a name. Throws RegistryFailure, in Go's words for a failed look-up. */
export type Resolve = (name: string) => Promise<readonly string[]>;

const maxFileBytes = 64 * 1024;
const maxSearchDomains = 6;

interface ResolverFile {
  readonly servers: readonly string[];
  readonly search: readonly string[];
}

const wordsOf = (text: string): string[][] =>
  text.split('\n').map((line) =>
    line
      .replace(/[#;].*/, '')
      .split(/\s+/)
      .filter((word) => word !== ''),
  );

/** The addresses of `name` in the text of an /etc/hosts, those of IPv4 first. */
export function addressesInHosts(text: string, name: string): string[] {
  const found = wordsOf(text).flatMap(([address = '', ...names]) =>
    net.isIP(address) !== 0 && names.some((one) => one.toLowerCase() === name) ? [address] : [],
  );
  return [...found.filter((one) => net.isIPv4(one)), ...found.filter((one) => net.isIPv6(one))];
}

function resolverFile(text: string): ResolverFile {
  const lines = wordsOf(text);
  const all = (key: string): string[] => lines.flatMap(([first, ...words]) => (first === key ? words : []));
  return {
    servers: all('nameserver')
      .filter((word) => net.isIP(word) !== 0)
      .slice(0, maxDnsServers),
    search: all('search').slice(0, maxSearchDomains),
  };
}

/** Whether the host's own /etc/hosts knows the name. */
export function isInHosts(directory: string, name: string): boolean {
  return addressesInHosts(readBeneath(directory, 'hosts', maxFileBytes) ?? '', name.toLowerCase()).length > 0;
}

/** Whether a host whose files are in `directory` may find the name: its /etc/hosts has it, or it has a name server to ask. */
export function mayFind(directory: string, name: string): boolean {
  return (
    isInHosts(directory, name) ||
    resolverFile(readBeneath(directory, 'resolv.conf', maxFileBytes) ?? '').servers.length > 0
  );
}

async function ask(servers: readonly string[], name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: dnsForwardTimeoutMs, tries: 2 });
  resolver.setServers(servers);
  try {
    return await resolver.resolve4(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENODATA') throw error;
    return await resolver.resolve6(name);
  }
}

/** Resolves by the files `hosts` and `resolv.conf` in `directory`, which are read anew each time. */
export function resolveBy(directory: string): Resolve {
  return async (given) => {
    const name = given.toLowerCase().replace(/\.$/, '');
    const own = addressesInHosts(readBeneath(directory, 'hosts', maxFileBytes) ?? '', name);
    if (own.length > 0) return own.slice(0, maxRegistryAddresses);
    if (name === 'localhost') return ['127.0.0.1'];
    const { servers, search } = resolverFile(readBeneath(directory, 'resolv.conf', maxFileBytes) ?? '');
    const [server] = servers;
    if (server === undefined)
      throw new RegistryFailure(`dial tcp: lookup ${given}: no such host: this Docker host has no name server`, {
        kind: 'network',
      });
    const candidates = name.includes('.') ? [name] : [...search.map((domain) => `${name}.${domain}`), name];
    let why = 'no such host';
    for (const candidate of candidates) {
      try {
        return (await ask(servers, candidate)).slice(0, maxRegistryAddresses);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        why = code === 'ENOTFOUND' || code === 'ENODATA' ? 'no such host' : code === 'ETIMEOUT' ? 'i/o timeout' : why;
        if (code === 'ECONNREFUSED') why = 'connection refused';
      }
    }
    throw new RegistryFailure(`dial tcp: lookup ${given} on ${server}:53: ${why}`, { kind: 'network' });
  };
}
