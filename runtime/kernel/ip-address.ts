// Addresses of IPv4 and IPv6: their text, their bytes, their number.

import { isIPv6 } from 'node:net';

/** Whether the text of an address is one of IPv6, given that it is an address. */
export function isOfIpv6(address: string): boolean {
  return address.includes(':');
}

/** Whether it is an address of IPv6 alone: without a link, and none that means an address of IPv4. */
export function isPlainIpv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%') && !text.includes('.') && !canonical(text).startsWith('::ffff:');
}

/** As RFC 5952 writes it. */
export function canonical(address: string): string {
  return isOfIpv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** The bits of an address of this one's family. */
export function bitsOf(address: string): 32 | 128 {
  return isOfIpv6(address) ? 128 : 32;
}

/** The eight words of an address of IPv6, in plain form. */
function wordsOf(address: string): number[] {
  const parts = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [before = '', after] = address.split('::');
  const [left, right] = [parts(before), parts(after ?? '')];
  const none = after === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: none }, () => '0'), ...right].map((word) => Number.parseInt(word, 16));
}

/** 4 bytes or 16, in the network's order. */
export function addressBytes(address: string): Buffer {
  if (!isOfIpv6(address)) return Buffer.from(address.split('.').map(Number));
  return Buffer.from(wordsOf(address).flatMap((word) => [word >> 8, word & 255]));
}

export function addressNumber(address: string): bigint {
  if (!isOfIpv6(address)) return BigInt(address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0));
  return wordsOf(address).reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);
}

export function addressOfNumber(number: bigint, bits: 32 | 128): string {
  if (bits === 32) return [24, 16, 8, 0].map((shift) => (Number(number) >>> shift) & 255).join('.');
  const words = Array.from({ length: 8 }, (_, place) => Number((number >> BigInt(112 - 16 * place)) & 0xffffn));
  return canonical(words.map((word) => word.toString(16)).join(':'));
}
