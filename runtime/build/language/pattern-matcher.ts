// The patterns of `.dockerignore` and `COPY --exclude`, as github.com/moby/patternmatcher matches them: `**`, parents, and
// `!` for exceptions, of which the last that matches decides.

import { maxPatternLength } from '../../limits.ts';
import { namePattern } from '../../patterns/pattern.ts';
import type { WorkBudget } from '../../work-budget.ts';
import { cleanPath, trim } from './go-text.ts';
import { checkPathPattern } from './path-pattern.ts';
import { LanguageError } from './source.ts';

const badPattern = (cause?: unknown) => new LanguageError('syntax error in pattern', [], { cause });

/** What means nothing in a path's pattern, but something in a regular expression. */
const escaped = '.+()|{}$';

/** The regular expression that patternmatcher makes of a pattern; a plainer test where it needs none. */
function compile(pattern: string): { test: 'exact' | 'prefix' | 'suffix' | 'regexp'; source: string } {
  let source = '^';
  let test: 'exact' | 'prefix' | 'suffix' | 'regexp' = 'exact';
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*' && characters[at + 1] === '*') {
      const isFirst = at === 0;
      at++;
      if (characters[at + 1] === '/') at++;
      if (at + 1 < characters.length) {
        source += '(.*/)?';
        test = 'regexp';
      } else if (test === 'exact') test = 'prefix';
      else {
        source += '.*';
        test = 'regexp';
      }
      if (isFirst) test = 'suffix';
    } else if (character === '*' || character === '?') {
      source += character === '*' ? '[^/]*' : '[^/]';
      test = 'regexp';
    } else if (escaped.includes(character)) source += `\\${character}`;
    else if (character === '\\') {
      at++;
      source += `\\${characters[at] ?? ''}`;
      if (at < characters.length) test = 'regexp';
    } else {
      source += character;
      if (character === '[' || character === ']') test = 'regexp';
    }
  }
  return { test, source: `${source}$` };
}

class Pattern {
  readonly isException: boolean;
  readonly #pattern: string;
  readonly #budget: WorkBudget;
  #matches: ((path: string) => boolean) | null = null;

  constructor(pattern: string, isException: boolean, budget: WorkBudget) {
    this.#pattern = pattern;
    this.isException = isException;
    this.#budget = budget;
  }

  /** Throws LanguageError for a class that a regular expression does not take. */
  matches(path: string): boolean {
    this.#matches ??= this.#compiled();
    return this.#matches(path);
  }

  #compiled(): (path: string) => boolean {
    const pattern = this.#pattern;
    const { test, source } = compile(pattern);
    if (test === 'exact') return (path) => path === pattern;
    if (test === 'prefix') return (path) => path.startsWith(pattern.slice(0, -2));
    const suffix = pattern.slice(2);
    if (test === 'suffix')
      return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
    if (source.length > maxPatternLength)
      throw new LanguageError(
        `a pattern may have ${maxPatternLength} characters, and ${pattern.slice(0, 40)}… has more`,
      );
    try {
      return namePattern(source, this.#budget);
    } catch (error) {
      throw badPattern(error);
    }
  }

  /** Whether one of these matches. A pattern that is none does not match parents. */
  matchesAny(paths: readonly string[]): boolean {
    return paths.some((path) => this.matches(path));
  }
}

/** Which patterns matched a directory: what is below need not be compared with them. */
export type Matched = readonly boolean[];

export interface MatchBelow {
  readonly matched: boolean;
  /** For what is below `path`, where it is a directory. */
  readonly patterns: Matched;
}

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Paths are relative, with slashes, and clean: `a/b`. */
export class PatternMatcher {
  readonly #patterns: readonly Pattern[];

  /** `budget`: what comparing may take together. Throws LanguageError for what is no pattern. */
  constructor(patterns: readonly string[], budget: WorkBudget) {
    this.#patterns = patterns
      .map(trim)
      .filter((pattern) => pattern !== '')
      .map((written) => {
        const cleaned = cleanPath(written);
        const isException = cleaned.startsWith('!');
        const pattern = isException ? cleaned.slice(1) : cleaned;
        if (pattern === '') throw new LanguageError('illegal exclusion pattern: "!"');
        checkPathPattern(pattern);
        return new Pattern(pattern, isException, budget);
      });
  }

  /** Some patterns are exceptions: what is below a directory that is left out may be taken all the same. */
  get hasExceptions(): boolean {
    return this.#patterns.some(({ isException }) => isException);
  }

  /** Whether `path` or a directory above it matches, and no exception behind that. Throws LanguageError. */
  matches(path: string): boolean {
    const parents = parentsOf(path);
    let matched = false;
    for (const pattern of this.#patterns) {
      // A pattern decides only where it would change something.
      if (pattern.isException !== matched) continue;
      if (pattern.matches(path) || pattern.matchesAny(parents)) matched = !pattern.isException;
    }
    return matched;
  }

  /**
   * The same, while a tree is walked: `above` is what matched the directory that `path` lies in, null where that is not known.
   * Throws LanguageError.
   */
  matchesBelow(path: string, above: Matched | null): MatchBelow {
    let matched = false;
    const parents = above ? [] : parentsOf(path);
    const patterns = this.#patterns.map((pattern, index) => {
      const isMatch =
        above?.[index] === true ||
        (pattern.isException === matched && (pattern.matches(path) || pattern.matchesAny(parents)));
      if (isMatch) matched = !pattern.isException;
      return isMatch;
    });
    return { matched, patterns };
  }
}

/** Whether these patterns leave out `path`, which need not be clean; never all. Throws LanguageError. */
export function leavesOut(patterns: readonly string[], path: string, budget: WorkBudget): boolean {
  const matcher = new PatternMatcher(patterns, budget);
  const cleaned = cleanPath(path);
  return cleaned !== '.' && matcher.matches(cleaned);
}
