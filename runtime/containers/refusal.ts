// Options that clients send and this engine does not act on: each may stand at its default, in any form that a client writes
// a default, and is refused otherwise with what to do instead. No wish is ignored.

import { isDeepStrictEqual } from 'node:util';
import { EngineError } from '../errors.ts';

export interface Refusal {
  /** Ends the sentence `HostConfig.X is not supported yet by this engine: …`. */
  readonly advice: string;
  /** `never` where it is refused for good: `… is not possible here: …`. */
  readonly never?: true;
  /** Further values that mean the default. */
  readonly defaults?: readonly unknown[];
  /** For keys where what is empty, or 0, is a wish of its own. */
  readonly emptyIsNoDefault?: true;
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

function isDefault(value: unknown, { emptyIsNoDefault, defaults = [] }: Refusal): boolean {
  if (value === undefined || value === null) return true;
  if (isEmpty(value)) return !emptyIsNoDefault;
  // Whatever the order of its keys.
  return defaults.some((standard) => isDeepStrictEqual(standard, value));
}

/** Throws invalid where `value`, of the option `name`, is not its default. */
export function refuse(name: string, refusal: Refusal, value: unknown): void {
  if (isDefault(value, refusal)) return;
  const why = refusal.never ? 'is not possible on a host of this engine' : 'is not supported yet by this engine';
  throw new EngineError('invalid', `${name} ${why}: ${refusal.advice}`);
}
