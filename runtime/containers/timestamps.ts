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

/**
 * The filter `until` of prunes and lists: a moment, or a Go duration before now in hours, minutes and seconds, as `24h` or `1h30m`.
 * Milliseconds since 1970. Throws invalid in moby's words.
 */
export function untilMs(text: string): number {
  const duration = /^(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/.exec(text);
  if (duration && text !== '') {
    const [hours, minutes, seconds] = duration.slice(1).map((part) => Number(part ?? 0));
    return Date.now() - (((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
  }
  try {
    return Number((parseMoment('until', text) ?? 0n) / 1_000_000n);
  } catch {
    const shown = JSON.stringify(text.slice(0, 64));
    throw new EngineError('invalid', `failed to parse value as time or duration: ${shown}`);
  }
}

/** As `docker logs --timestamps` writes it: UTC with nine digits. */
export function formatNanoseconds(moment: Nanoseconds): string {
  const seconds = moment / 1_000_000_000n;
  const rest = String(moment % 1_000_000_000n).padStart(9, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${rest}Z`;
}
