// Options that this engine does not act on. Each may have its default, in any form in which a client writes it. Any other value is
// refused, with advice on what to do instead; none is ignored.

import { isDeepStrictEqual } from 'node:util';
import { EngineError } from '../errors.ts';

export interface Refusal {
  /** Ends the message `HostConfig.X is not supported yet by this engine: …`. */
  readonly advice: string;
  /** The option is refused for good: `HostConfig.X is not possible on a host of this engine: …`. */
  readonly never?: true;
  /** Further values that mean the default. */
  readonly defaults?: readonly unknown[];
  /** For keys where an empty value, or 0, is not the default. */
  readonly emptyIsNoDefault?: true;
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

function isDefault(value: unknown, { emptyIsNoDefault, defaults = [] }: Refusal): boolean {
  if (value === undefined || value === null) return true;
  if (isEmpty(value)) return !emptyIsNoDefault;
  // The order of an object's keys does not matter.
  return defaults.some((standard) => isDeepStrictEqual(standard, value));
}

/** Throws invalid if `value` is not the default of the option `name`. */
export function refuse(name: string, refusal: Refusal, value: unknown): void {
  if (isDefault(value, refusal)) return;
  const why = refusal.never ? 'is not possible on a host of this engine' : 'is not supported yet by this engine';
  throw new EngineError('invalid', `${name} ${why}: ${refusal.advice}`);
}
