// Values of a query string, read as moby reads them.

import { EngineError } from '../errors.ts';

/** False for absent, empty, `0`, `no`, `false`, `none`; true for anything else (`httputils.BoolValue`). */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = (query.get(name) ?? '').trim().toLowerCase();
  return !['', '0', 'no', 'false', 'none'].includes(value);
}

/** The same, with `standard` for absent or empty. */
export function flagOr(query: URLSearchParams, name: string, standard: boolean): boolean {
  return query.get(name) ? flag(query, name) : standard;
}

/** A whole number; null where absent or empty. Throws invalid. */
export function integer(query: URLSearchParams, name: string): number | null {
  const value = query.get(name);
  if (value === null || value === '') return null;
  if (!/^-?\d{1,15}$/.test(value))
    throw new EngineError('invalid', `invalid value for "${name}": "${value.slice(0, 40)}" is no whole number`);
  return Number(value);
}

export function text(query: URLSearchParams, name: string): string {
  return query.get(name) ?? '';
}
