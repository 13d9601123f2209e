// The names that an operator lets students reach.

import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** `deb.debian.org`, `*.debian.org` for every name below, or `*` for every name. */
export const allowedName = /^(\*|(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62})$/;

/**
 * The one form of a name, as a client wrote it: what is looked at must be what is asked for. Null for an address, a name without a dot,
 * and what is no name: `a.example/b.evil.org` is one to a name server, and a.example to a parser of addresses.
 */
export function plainName(given: string): string | null {
  if (!/^[\p{L}\p{N}\p{M}.-]+$/u.test(given)) return null;
  const plain = domainToASCII(given).replace(/\.$/, '').toLowerCase();
  return plain.includes('.') && isIP(plain) === 0 ? plain : null;
}

/** Whether a plain name is on the list. */
export function isAllowed(list: readonly string[], plain: string): boolean {
  return list.some((each) => {
    if (each === '*') return true;
    return each.startsWith('*.') ? plain.endsWith(each.slice(1)) : plain === each;
  });
}
