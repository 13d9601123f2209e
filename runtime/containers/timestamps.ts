// The moments that clients send (`since`, `until`) and that logs carry, to the nanosecond.

import { EngineError } from '../errors.ts';

/** Nanoseconds since 1970. */
export type Nanoseconds = bigint;

const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:\d{2})$/;

/** An RFC 3339 time in nanoseconds since 1970, or null where `text` is none. */
export function parseRfc3339(text: string): Nanoseconds | null {
  const parts = rfc3339.exec(text);
  if (!parts) return null;
  const milliseconds = Date.parse(`${parts[1]}${parts[3]}`);
  if (Number.isNaN(milliseconds)) return null;
  return BigInt(milliseconds) * 1_000_000n + BigInt((parts[2] ?? '').padEnd(9, '0'));
}

/** `1795294658`, `1795294658.123456789` or RFC 3339; null where absent, empty or `0`. Throws invalid otherwise. */
export function parseMoment(name: string, text: string | null): Nanoseconds | null {
  if (text === null || text === '' || text === '0') return null;
  const unix = /^(-?\d{1,12})(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (unix) return BigInt(unix[1] ?? '0') * 1_000_000_000n + BigInt((unix[2] ?? '').padEnd(9, '0'));
  const moment = parseRfc3339(text);
  if (moment === null)
    throw new EngineError('invalid', `invalid value for "${name}": "${text.slice(0, 64)}" is no UNIX or RFC 3339 time`);
  return moment;
}

/** As `docker logs --timestamps` writes it: UTC with nine digits. */
export function formatNanoseconds(moment: Nanoseconds): string {
  const seconds = moment / 1_000_000_000n;
  const rest = String(moment % 1_000_000_000n).padStart(9, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${rest}Z`;
}
