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

/** What is left out is nought: `2001-01-01`, `2001-01-01T10`, `2001-01-01T10:11`, each with an offset or in UTC. */
const day = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?)?(Z|[+-]\d{2}:\d{2})?$/;

/** Milliseconds since 1970; NaN where there is no such day or hour, undefined where `text` is no time at all. */
function dayMs(text: string): number | undefined {
  const parts = day.exec(text);
  if (!parts) return undefined;
  const [, date, hour = '00', minute = '00', second = '00', offset = 'Z'] = parts;
  return Date.parse(`${date}T${hour}:${minute}:${second}${offset}`);
}

const unitMs = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 };
const goDuration = /^([+-]?)((?:\d{1,9}(?:\.\d{1,9})?(?:h|ms|m|s|us|µs|ns))+)$/;

/** Of a Go duration such as `24h`, `1h30m`, `1.5h`; undefined where `text` is none. */
function durationMs(text: string): number | undefined {
  const [, sign, parts = ''] = goDuration.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const all = parts.matchAll(/([\d.]+)([a-zµ]+)/g);
  const sum = all.reduce((ms, [, count, unit]) => ms + Number(count) * unitMs[unit as keyof typeof unitMs], 0);
  return sign === '-' ? -sum : sum;
}

/**
 * The filter `until` of prunes and lists: a UNIX time, a day with or without a time of day, or a Go duration before now. Milliseconds
 * since 1970. Throws invalid in moby's words.
 */
export function untilMs(text: string): number {
  const before = durationMs(text);
  if (before !== undefined) return Date.now() - before;
  const moment = dayMs(text) ?? (/^\d{1,18}(\.\d{1,18})?$/.test(text) ? Number(text) * 1000 : Number.NaN);
  if (Number.isNaN(moment)) {
    const shown = JSON.stringify(text.slice(0, 64));
    throw new EngineError('invalid', `failed to parse value as time or duration: ${shown}`);
  }
  return moment;
}

/** As `docker logs --timestamps` writes it: UTC with nine digits. */
export function formatNanoseconds(moment: Nanoseconds): string {
  const seconds = moment / 1_000_000_000n;
  const rest = String(moment % 1_000_000_000n).padStart(9, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${rest}Z`;
}
