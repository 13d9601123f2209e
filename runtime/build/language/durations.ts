// Go's durations: `1m30s`, `500ms`.

import { quote } from './go-text.ts';
import { LanguageError } from './source.ts';

const unitNs: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const longest = 2n ** 63n - 1n;
/** Digits of a fraction that count. */
const fractionDigits = 18;

/** `time.ParseDuration`, in nanoseconds. Throws LanguageError. */
export function parseDuration(text: string): bigint {
  const invalid = () => new LanguageError(`time: invalid duration ${quote(text)}`);
  const [, sign = '', rest = ''] = /^([+-]?)([\s\S]*)$/.exec(text) ?? [];
  if (rest === '0') return 0n;
  if (rest === '' || text.length > 100) throw invalid();
  let total = 0n;
  for (let left = rest; left !== ''; ) {
    const [all = '', whole = '', fraction = ''] = /^(\d*)(?:\.(\d*))?/.exec(left) ?? [];
    if (whole === '' && fraction === '') throw invalid();
    left = left.slice(all.length);
    const unit = /^[^.\d]*/.exec(left)?.[0] ?? '';
    if (unit === '') throw new LanguageError(`time: missing unit in duration ${quote(text)}`);
    const ns = unitNs.get(unit);
    if (ns === undefined) throw new LanguageError(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    left = left.slice(unit.length);
    const digits = fraction.slice(0, fractionDigits);
    total += BigInt(whole || '0') * ns + (BigInt(digits || '0') * ns) / 10n ** BigInt(digits.length);
    if (total > longest) throw invalid();
  }
  return sign === '-' ? -total : total;
}

const withFraction = (value: bigint, unit: bigint): string => {
  const digits = String(unit).length - 1;
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return `${value / unit}${fraction === '' ? '' : `.${fraction}`}`;
};

/** `Duration.String`, for what is not negative. */
export function formatDuration(ns: bigint): string {
  if (ns === 0n) return '0s';
  if (ns < 1_000n) return `${ns}ns`;
  if (ns < 1_000_000n) return `${withFraction(ns, 1_000n)}µs`;
  if (ns < 1_000_000_000n) return `${withFraction(ns, 1_000_000n)}ms`;
  const seconds = withFraction(ns % 60_000_000_000n, 1_000_000_000n);
  const minutes = ns / 60_000_000_000n;
  if (minutes === 0n) return `${seconds}s`;
  return minutes < 60n ? `${minutes}m${seconds}s` : `${minutes / 60n}h${minutes % 60n}m${seconds}s`;
}
