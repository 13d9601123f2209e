// The `filters` query parameter of lists, prunes and events: `{"status":["running"]}`, or the older `{"status":{"running":true}}`.

import { z } from 'zod';
import { EngineError } from '../errors.ts';
import { maxFiltersBytes, maxFilterValues } from '../limits.ts';

export type Filters = ReadonlyMap<string, readonly string[]>;

const filtersSchema = z.record(z.string(), z.union([z.array(z.string()), z.record(z.string(), z.boolean())]));

/** Parses both forms; empty or absent is no filters. Throws invalid for anything else, and for keys not in `known`. */
export function parseFilters(text: string | null, known?: readonly string[]): Filters {
  const filters = new Map<string, readonly string[]>();
  if (text === null || text === '') return filters;
  if (text.length > maxFiltersBytes)
    throw new EngineError(
      'invalid',
      `invalid filters: too long: they have ${text.length} characters, the most is ${maxFiltersBytes}`,
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new EngineError('invalid', 'invalid filter', { cause: error });
  }
  const checked = filtersSchema.safeParse(parsed);
  if (!checked.success) throw new EngineError('invalid', 'invalid filter');
  for (const [key, values] of Object.entries(checked.data)) {
    if (known && !known.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
    filters.set(key, Array.isArray(values) ? values : Object.keys(values));
  }
  const count = [...filters.values()].reduce((sum, values) => sum + values.length, 0);
  if (count > maxFilterValues)
    throw new EngineError('invalid', `invalid filters: they have ${count} values, the most is ${maxFilterValues}`);
  return filters;
}

/** `true`, `1`, `false`, `0`; null where the filter is not given. Throws invalid in moby's words for anything else. */
export function flagFilter(filters: Filters, key: string): boolean | null {
  const values = filters.get(key) ?? [];
  if (values.length === 0) return null;
  const isTrue = values.includes('1') || values.includes('true');
  const isFalse = values.includes('0') || values.includes('false');
  if (isTrue === isFalse)
    throw new EngineError('invalid', `invalid filter '${key}=[${values.join(' ').slice(0, 80)}]'`);
  return isTrue;
}

/** True when every `key` or `key=value` of `wanted` is among `labels`; true for an empty `wanted`. */
export function matchLabels(wanted: readonly string[] | undefined, labels: Readonly<Record<string, string>>): boolean {
  return (wanted ?? []).every((wish) => {
    const equals = wish.indexOf('=');
    const key = equals < 0 ? wish : wish.slice(0, equals);
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value !== undefined && (equals < 0 || value === wish.slice(equals + 1));
  });
}

/** `label` and its opposite `label!`, as prune takes them. */
export function matchPruneLabels(filters: Filters, labels: Readonly<Record<string, string>>): boolean {
  if (!matchLabels(filters.get('label'), labels)) return false;
  const unwanted = filters.get('label!');
  return unwanted === undefined || unwanted.length === 0 || !matchLabels(unwanted, labels);
}
