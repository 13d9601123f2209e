// What is found where a check wants something of a thing, one property at a time.

import { shown } from './shown.ts';

/** Whether one wanted property holds: true, false, or null if that is not known. `instead` says what is there. */
export interface Compared {
  readonly holds: boolean | null;
  readonly instead: string;
}

/** False as soon as one thing is not so, else null where one is not known. */
export function allHold(all: readonly Compared[]): boolean | null {
  if (all.some(({ holds }) => holds === false)) return false;
  return all.some(({ holds }) => holds === null) ? null : true;
}

/** One property; none where it is not wanted. */
export function compareOne<T>(wanted: T | undefined, compare: (wanted: T) => Compared): readonly Compared[] {
  return wanted === undefined ? [] : [compare(wanted)];
}

/** `NAME=value` pairs or labels that must be so. */
export function compareWords(
  what: string,
  wanted: Readonly<Record<string, string>>,
  has: (name: string) => string | undefined,
): readonly Compared[] {
  return Object.entries(wanted).map(([name, value]) => {
    const is = has(name);
    const instead = is === undefined ? `${what} ${name} is not there` : `${what} ${name} is ${shown(is) || 'empty'}`;
    return { holds: is === value, instead };
  });
}

export function compareLabels(
  wanted: Readonly<Record<string, string>> | undefined,
  has: Readonly<Record<string, string>>,
  what = 'its label',
): readonly Compared[] {
  return compareWords(what, wanted ?? {}, (key) => (Object.hasOwn(has, key) ? has[key] : undefined));
}
