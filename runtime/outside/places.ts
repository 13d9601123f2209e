// Where the machine itself connects to for students: the places that an operator has named, and no others (B07).

import net from 'node:net';
import { isPublic } from '../egress/addresses.ts';
import { allowedName, isAllowed, plainName } from '../egress/allow-list.ts';
import { EngineError } from '../errors.ts';
import { isRefused } from '../registries/addresses.ts';

interface Entry {
  /** `ci.example.org`, `*.example.org`, `*`; null for an address or a range. */
  readonly name: string | null;
  readonly range: net.BlockList | null;
  /** Null: those of HTTP and HTTPS. */
  readonly port: number | null;
}

const usualPorts: readonly number[] = [80, 443];

/** The host of a URL, without the brackets of an IPv6 address. */
export const bareHost = (host: string): string => host.replace(/^\[|\]$/g, '');

export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/**
 * `ci.example.org`, `*.example.org` for all below, `*` for every name, an address or a range; each with `:PORT`, or for the ports 80 and
 * 443. Names lead to addresses of the internet alone: another address is reached only where it is on the list itself.
 */
export class Places {
  /** As the operator wrote them. */
  readonly texts: readonly string[];
  readonly #entries: readonly Entry[];

  /** Throws invalid. */
  constructor(texts: readonly string[]) {
    this.texts = texts;
    this.#entries = texts.map(entryOf);
  }

  /** Whether a URL's host and port are on the list. Where its name leads to is to be looked at with `reaches`. */
  admits(url: URL): boolean {
    const host = bareHost(url.hostname);
    const port = portOf(url);
    const name = plainName(host);
    const family = net.isIP(host);
    return this.#entries.some((entry) => {
      if (!fitsPort(entry, port)) return false;
      if (family !== 0) return entry.range?.check(host, family === 6 ? 'ipv6' : 'ipv4') ?? false;
      return name !== null && entry.name !== null && isAllowed([entry.name], name);
    });
  }

  /** Whether a connection may go to that address: one of the internet, or one that is on the list itself. */
  reaches(address: string, port: number): boolean {
    if (isRefused(address)) return false;
    if (isPublic(address)) return true;
    const type = net.isIPv6(address) ? 'ipv6' : 'ipv4';
    return this.#entries.some((entry) => fitsPort(entry, port) && (entry.range?.check(address, type) ?? false));
  }
}

function fitsPort({ port }: Entry, wanted: number): boolean {
  return port === null ? usualPorts.includes(wanted) : port === wanted;
}

function entryOf(text: string): Entry {
  const [, bracketed, plain = '', ports] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  // An IPv6 address without a port needs no brackets.
  const host = bracketed ?? (plain !== '' ? plain : ports === undefined ? text : '');
  const port = ports === undefined ? null : Number(ports);
  const wrong = new EngineError(
    'invalid',
    `${text.slice(0, 100)} is neither a name with a dot, an address nor a range, with :PORT or without`,
  );
  if (port !== null && (port < 1 || port > 65_535)) throw wrong;
  if (allowedName.test(host)) return { name: host, range: null, port };
  const [address = '', prefix] = host.split('/', 2);
  const family = net.isIP(address);
  const bits = family === 6 ? 128 : 32;
  if (family === 0 || (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))) throw wrong;
  const range = new net.BlockList();
  range.addSubnet(address, prefix === undefined ? bits : Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
  return { name: null, range, port };
}
