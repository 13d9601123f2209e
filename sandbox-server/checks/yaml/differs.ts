// Whether data has all that is wanted in it, and where not, what the first difference is. Pure.

import { listed, shown } from '../shown.ts';
import type { YamlMap, YamlValue } from './read.ts';

/** How two values of one place are compared, and shown. `path` leads to them: `['services', 'web', 'image']`. */
export interface Comparing {
  readonly same: (path: readonly string[], wanted: string, has: string) => boolean;
  readonly shown: (path: readonly string[], value: YamlValue) => string;
}

export interface Difference {
  /** `services.web.image` */
  readonly path: string;
  /** After the path, as a part of a sentence: `is httpd, not nginx`. */
  readonly words: string;
}

/** Comparisons of one check. A file of 64 KiB with one list in another cannot ask for more. */
const maxComparisons = 100_000;

export const isMap = (value: YamlValue | undefined): value is YamlMap => value instanceof Map;
const isList = (value: YamlValue | undefined): value is readonly YamlValue[] => Array.isArray(value);

/** `8080` is `"8080"`, and `0.50` is `0.5`. */
export function sameScalar(wanted: string, has: string): boolean {
  if (wanted === has) return true;
  const number = /^-?\d{1,15}(\.\d{1,15})?$/;
  return number.test(wanted) && number.test(has) && Number(wanted) === Number(has);
}

export function plainShown(value: YamlValue): string {
  if (value === null) return 'empty';
  if (isMap(value)) return 'a map';
  return isList(value) ? 'a list' : shown(String(value)) || 'empty';
}

export const plainComparing: Comparing = {
  same: (_, wanted, has) => sameScalar(wanted, has),
  shown: (_, value) => plainShown(value),
};

/** A part of a path may come from a student's file. */
const named = (path: readonly string[]): string => path.map(shown).join('.');

class Comparison {
  readonly #how: Comparing;
  #left = maxComparisons;

  constructor(how: Comparing) {
    this.#how = how;
  }

  /** Null where nothing is missing. `has` undefined: it is not there. */
  missing(path: readonly string[], wanted: YamlValue, has: YamlValue | undefined): Difference | null {
    const differs = (words: string): Difference => ({ path: named(path), words });
    if (this.#left-- <= 0) return differs('is too large to be looked at');
    if (has === undefined) return differs('is not there');
    if (wanted === null) return null;
    if (isMap(wanted))
      return isMap(has) ? this.#inMap(path, wanted, has) : differs(`is ${this.#show(path, has)}, not a map`);
    if (isList(wanted))
      return isList(has) ? this.#inList(path, wanted, has) : differs(`is ${this.#show(path, has)}, not a list`);
    if (has !== null && !isMap(has) && !isList(has) && this.#how.same(path, String(wanted), String(has))) return null;
    return differs(`is ${this.#show(path, has)}, not ${this.#show(path, wanted)}`);
  }

  #show(path: readonly string[], value: YamlValue): string {
    return this.#how.shown(path, value);
  }

  #inMap(path: readonly string[], wanted: YamlMap, has: YamlMap): Difference | null {
    for (const [key, value] of wanted) {
      const missing = this.missing([...path, key], value, has.get(key));
      if (missing !== null) return missing;
    }
    return null;
  }

  #inList(path: readonly string[], wanted: readonly YamlValue[], has: readonly YamlValue[]): Difference | null {
    const differs = (words: string): Difference => ({ path: named(path), words });
    for (const one of wanted) {
      if (has.some((each) => this.missing(path, one, each) === null)) continue;
      const there = has.slice(0, 3).map((each) => this.#show(path, each));
      const what = this.#show(path, one);
      return there.length === 0
        ? differs(`is empty, and has no ${what}`)
        : differs(has.length === 1 ? `has ${there[0]}, not ${what}` : `has no ${what}; there is ${listed(there)}`);
    }
    return null;
  }

  /** The first that is there and is not to be. */
  unwanted(path: readonly string[], not: YamlValue, has: YamlValue | undefined): Difference | null {
    if (has === undefined || this.#left-- <= 0) return null;
    const differs: Difference = { path: named(path), words: 'should not be there' };
    if (not === null) return differs;
    if (isMap(not)) {
      if (!isMap(has)) return null;
      for (const [key, value] of not) {
        const found = this.unwanted([...path, key], value, has.get(key));
        if (found !== null) return found;
      }
      return null;
    }
    if (isList(not)) {
      const found = not.find((one) => isList(has) && has.some((each) => this.missing(path, one, each) === null));
      return found === undefined ? null : { ...differs, words: `should not have ${this.#show(path, found)}` };
    }
    return this.missing(path, not, has) === null
      ? { ...differs, words: `should not be ${this.#show(path, has)}` }
      : null;
  }
}

/** What of `wanted` is not in `has`; null where all is. */
export function firstMissing(wanted: YamlValue, has: YamlValue, how: Comparing = plainComparing): Difference | null {
  return new Comparison(how).missing([], wanted, has);
}

/** What of `not` is in `has`; null where nothing is. */
export function firstUnwanted(not: YamlValue, has: YamlValue, how: Comparing = plainComparing): Difference | null {
  return new Comparison(how).unwanted([], not, has);
}
