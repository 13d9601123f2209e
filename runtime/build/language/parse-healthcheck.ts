// HEALTHCHECK.

import { parseDuration } from './durations.ts';
import { Flags } from './flags.ts';
import { quote } from './go-text.ts';
import type { Healthcheck } from './instructions.ts';
import { LanguageError } from './source.ts';
import type { Statement } from './statements.ts';

const times = ['interval', 'timeout', 'start-period', 'start-interval'] as const;
const leastNs = 1_000_000n;
const nothing = { intervalNs: 0n, timeoutNs: 0n, startPeriodNs: 0n, startIntervalNs: 0n, retries: 0 };

function timeOf(flags: Flags, name: (typeof times)[number]): bigint {
  const text = flags.text(name) ?? '';
  if (text === '') return 0n;
  const ns = parseDuration(text);
  if (ns !== 0n && ns < leastNs) throw new LanguageError(`Interval ${quote(name)} cannot be less than 1ms`);
  return ns;
}

function retriesOf(flags: Flags): number {
  const text = flags.text('retries') ?? '';
  if (text === '') return 0;
  const failed = (why: string) => new LanguageError(`strconv.ParseInt: parsing ${quote(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw failed('invalid syntax');
  const retries = Number(text);
  if (retries > 0x7fffffff || retries < -0x80000000) throw failed('value out of range');
  if (retries < 0) throw new LanguageError(`--retries cannot be negative (${retries})`);
  return retries;
}

/** Throws LanguageError. */
export function parseHealthcheck({ words, isJson, flags: written }: Statement): Healthcheck {
  const [kind, ...command] = words;
  if (kind === undefined) throw new LanguageError('HEALTHCHECK requires at least one argument');
  const type = kind.toUpperCase();
  if (type === 'NONE') {
    if (command.length > 0) throw new LanguageError('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'], ...nothing };
  }
  const flags = new Flags(written, {
    ...Object.fromEntries(times.map((name) => [name, 'text' as const])),
    retries: 'text',
  });
  if (type !== 'CMD') throw new LanguageError(`Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`);
  if (command.length === 0) throw new LanguageError('Missing command after HEALTHCHECK CMD');
  return {
    Test: isJson ? ['CMD', ...command] : ['CMD-SHELL', command.join(' ')],
    intervalNs: timeOf(flags, 'interval'),
    timeoutNs: timeOf(flags, 'timeout'),
    startPeriodNs: timeOf(flags, 'start-period'),
    startIntervalNs: timeOf(flags, 'start-interval'),
    retries: retriesOf(flags),
  };
}
