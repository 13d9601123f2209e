// Go's `filepath.Match`: `*`, `?` and classes, none of which takes a slash. The wildcards of a source of COPY.

import { cleanPath } from './go-text.ts';
import { LanguageError } from './source.ts';

type Part =
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'is'; readonly code: number }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] };

const slash = 47;
const badPattern = () => new LanguageError('syntax error in pattern');

class PatternReader {
  readonly #codes: readonly number[];
  #at = 0;

  constructor(pattern: string) {
    this.#codes = Array.from(pattern, (character) => character.codePointAt(0) ?? 0);
  }

  #take(character: string): boolean {
    if (this.#codes[this.#at] !== character.charCodeAt(0)) return false;
    this.#at++;
    return true;
  }

  /** The next character, or the one that is escaped. */
  #character(): number {
    this.#take('\\');
    const code = this.#codes[this.#at++];
    if (code === undefined) throw badPattern();
    return code;
  }

  #bound(): number {
    const code = this.#codes[this.#at];
    if (code === undefined || code === 45 || code === 93) throw badPattern();
    const bound = this.#character();
    // A class must be closed.
    if (this.#at >= this.#codes.length) throw badPattern();
    return bound;
  }

  #class(): Part {
    const negated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    while (ranges.length === 0 || !this.#take(']')) {
      const low = this.#bound();
      ranges.push([low, this.#take('-') ? this.#bound() : low]);
    }
    return { kind: 'class', negated, ranges };
  }

  parts(): Part[] {
    const parts: Part[] = [];
    while (this.#at < this.#codes.length) {
      if (this.#take('*')) {
        // More of them are one.
        if (parts.at(-1)?.kind !== 'any') parts.push({ kind: 'any' });
      } else if (this.#take('?')) parts.push({ kind: 'one' });
      else if (this.#take('[')) parts.push(this.#class());
      else parts.push({ kind: 'is', code: this.#character() });
    }
    return parts;
  }
}

function takes(part: Part | undefined, code: number): boolean {
  if (part === undefined || part.kind === 'any') return false;
  if (part.kind === 'is') return part.code === code;
  if (code === slash) return false;
  if (part.kind === 'one') return true;
  return part.ranges.some(([low, high]) => low <= code && code <= high) !== part.negated;
}

/** Whether the whole of `path` matches, in time that grows with pattern times path. */
function matchesParts(parts: readonly Part[], path: string): boolean {
  const codes = Array.from(path, (character) => character.codePointAt(0) ?? 0);
  let [at, part] = [0, 0];
  // Where to go on after a mismatch: behind the last `*`, which takes one more then. Those before it need not move.
  let star = -1;
  let taken = 0;
  while (at < codes.length) {
    if (parts[part]?.kind === 'any') {
      star = part++;
      taken = at;
    } else if (takes(parts[part], codes[at] ?? 0)) {
      part++;
      at++;
    } else if (star >= 0 && codes[taken] !== slash) {
      part = star + 1;
      at = ++taken;
    } else return false;
  }
  while (parts[part]?.kind === 'any') part++;
  return part === parts.length;
}

/** Throws LanguageError for a pattern that is none. */
export function checkPathPattern(pattern: string): void {
  new PatternReader(pattern).parts();
}

/** A matcher for the whole of a path. Throws LanguageError for a pattern that is none. */
export function pathPattern(pattern: string): (path: string) => boolean {
  const parts = new PatternReader(pattern).parts();
  return (path) => matchesParts(parts, path);
}

function hasWildcard(part: string): boolean {
  return /^(?:[^\\*?[]|\\[\s\S])*[*?[]/.test(part);
}

/** A source of COPY: the directory that its wildcards are looked for in, and the pattern, relative to it; empty where there is none. */
export interface SourcePattern {
  readonly directory: string;
  readonly pattern: string;
}

/**
 * Splits before the first part of a path that has a wildcard. What matches the pattern below the directory is copied; below a
 * directory that matches nothing more is looked for.
 */
export function splitSource(source: string): SourcePattern {
  const parts = cleanPath(source).split('/');
  const first = parts.findIndex(hasWildcard);
  if (first < 0) return { directory: parts.join('/') || '/', pattern: '' };
  return { directory: parts.slice(0, first).join('/') || '/', pattern: parts.slice(first).join('/') };
}
