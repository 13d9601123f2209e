// The operators of `${name-word}`: what a variable becomes with its word.

import type { ExpansionBudget } from './expansion-budget.ts';
import { LanguageError } from './source.ts';
import { trimPrefixPattern, trimSuffixPattern } from './word-patterns.ts';

export interface Substitution {
  readonly name: string;
  /** Undefined where it is not set. */
  readonly value: string | undefined;
  readonly operator: string;
  /** The operator with its colon, where there is one: then a variable that is empty counts as one that is not set. */
  readonly written: string;
  readonly word: string;
}

export const unsupported = (written: string): LanguageError =>
  new LanguageError(`unsupported modifier (${written}) in substitution`);

/** Throws LanguageError. */
export function substituted({ name, value, operator, written, word }: Substitution, budget: ExpansionBudget): string {
  const isSet = value !== undefined && !(written.startsWith(':') && value === '');
  switch (operator) {
    case '-':
      return isSet ? value : word;
    case '+':
      return isSet ? word : '';
    case '?':
      if (isSet) return value;
      throw new LanguageError(`${name}: ${word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`);
    case '#':
    case '%': {
      const greedy = word.startsWith(operator);
      const trimmed = operator === '#' ? trimPrefixPattern : trimSuffixPattern;
      return trimmed(value ?? '', greedy ? word.slice(1) : word, greedy, budget);
    }
  }
  throw unsupported(written);
}
