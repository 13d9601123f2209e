// Where a request comes from: the address, and the network, that limits count by.

import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { maxUnnamedProxies } from '../limits.ts';

/** An IPv4 address as it is, also where a socket for IPv6 writes it as `::ffff:192.0.2.1`. */
function plain(address: string): string {
  return address.trim().replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The first four groups of an IPv6 address. */
function networkOf(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    // A dotted end stands for two groups.
    const count = groups.length + after.length + (tail.includes('.') ? 1 : 0);
    groups.push(...Array.from({ length: 8 - count }, () => '0'), ...after);
  }
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/**
 * What limits count an address by: the address itself, or the /64 of IPv6, because one machine may use every address of its
 * /64.
 */
export function addressKey(address: string): string {
  const own = plain(address);
  return isIPv6(own) ? networkOf(own) : own;
}

/** The first `count` groups of an IPv6 address's /64. */
function firstGroups(network: string, count: number): string {
  return `${network.split(':').slice(0, count).join(':')}::/${count * 16}`;
}

/**
 * The network that shares are counted by, /24 or /48: one person may have many addresses in it. A class behind one router is
 * one too.
 */
export function networkKey(address: string): string {
  const own = plain(address);
  if (isIPv6(own)) return firstGroups(networkOf(own), 3);
  return isIPv4(own) ? `${own.split('.').slice(0, 3).join('.')}.0/24` : own;
}

export class Addresses {
  readonly #proxies = new BlockList();
  readonly #unnamed = new Set<string>();
  readonly #foundUnnamed: (address: string) => void;

  /**
   * `trusted`: addresses and ranges of the proxies whose X-Forwarded-For is believed. `foundUnnamed` is called once for each
   * other address that sends one. It is probably a proxy that is not listed; all students behind it count as one.
   */
  constructor(trusted: readonly string[], foundUnnamed: (address: string) => void = () => undefined) {
    this.#foundUnnamed = foundUnnamed;
    for (const each of trusted) {
      const [address = '', bits] = each.split('/');
      const kind = isIPv6(plain(address)) ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#proxies.addAddress(plain(address), kind);
      else this.#proxies.addSubnet(address, Number(bits), kind);
    }
  }

  /** Addresses that sent X-Forwarded-For and are no trusted proxies. */
  get unnamedProxies(): readonly string[] {
    return [...this.#unnamed];
  }

  isProxy(address: string): boolean {
    const own = plain(address);
    if (isIPv4(own)) return this.#proxies.check(own, 'ipv4');
    return isIPv6(own) && this.#proxies.check(own, 'ipv6');
  }

  /**
   * The client's address: the peer or, behind trusted proxies, the rightmost entry of X-Forwarded-For that is none of them.
   * Entries further left can be forged.
   */
  addressOf({ socket, headers }: IncomingMessage): string {
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
    let address = socket.remoteAddress ?? '';
    if (headers['x-forwarded-for'] !== undefined && !this.isProxy(address)) this.#found(plain(address));
    while (this.isProxy(address)) {
      const before = plain(forwarded.pop() ?? '');
      if (!isIPv4(before) && !isIPv6(before)) break;
      address = before;
    }
    return address;
  }

  /** `addressKey` of the request's address. */
  keyOf(request: IncomingMessage): string {
    return addressKey(this.addressOf(request));
  }

  /** `networkKey` of the request's address. */
  networkOf(request: IncomingMessage): string {
    return networkKey(this.addressOf(request));
  }

  #found(address: string): void {
    if (this.#unnamed.has(address) || this.#unnamed.size >= maxUnnamedProxies) return;
    this.#unnamed.add(address);
    this.#foundUnnamed(address);
  }
}
