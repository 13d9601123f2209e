// What putting variables into text takes, and what it gives.

import type { ExpansionBudget } from './expansion-budget.ts';
import type { LanguageError } from './source.ts';

export type Variables = Pick<ReadonlyMap<string, string>, 'get' | 'has'>;

export interface LexerOptions {
  /** The escape character: a backslash or a backtick. */
  readonly escapeWith: string;
  readonly budget: ExpansionBudget;
  /** Quotes stay in the result. */
  readonly rawQuotes?: boolean;
  /** Escape characters stay in the result. */
  readonly rawEscapes?: boolean;
  /** Quotes are characters like others. */
  readonly ignoreQuotes?: boolean;
  /** A variable that is not set stays as it is written. */
  readonly keepUnset?: boolean;
  /** `words` is wanted. */
  readonly split?: boolean;
}

export interface Expansion {
  /** Empty where there is an error. */
  readonly text: string;
  /** Empty where nobody wants it split. */
  readonly words: readonly string[];
  /** Names of variables that were asked for and are set. */
  readonly matched: ReadonlySet<string>;
  /** … and are not, in the order in which they were. */
  readonly unmatched: ReadonlySet<string>;
  /** Not thrown: the variables that are not set are told even then. */
  readonly error: LanguageError | null;
}
