// Which of the files below a source are copied: `--exclude`, and the patterns of `--parents`.

import { WorkBudget } from '../../work-budget.ts';
import { PatternMatcher } from '../language/pattern-matcher.ts';

export class Selection {
  readonly #includes: PatternMatcher | null;
  readonly #excludes: PatternMatcher | null;

  /** No `includes` are all. Throws LanguageError for what is no pattern. */
  constructor({ includes, excludes }: { readonly includes: readonly string[]; readonly excludes: readonly string[] }) {
    const budget = new WorkBudget();
    this.#includes = includes.length > 0 ? new PatternMatcher(includes, budget) : null;
    this.#excludes = excludes.length > 0 ? new PatternMatcher(excludes, budget) : null;
  }

  get isAll(): boolean {
    return !this.#includes && !this.#excludes;
  }

  /** `path` is relative to what is copied. */
  takes(path: string): boolean {
    return (this.#includes?.matches(path) ?? true) && !this.#excludes?.matches(path);
  }

  /** False where nothing below the directory `path` is taken. */
  mayTakeBelow(path: string): boolean {
    return !this.#excludes?.matches(path) || this.#excludes.hasExceptions;
  }
}
