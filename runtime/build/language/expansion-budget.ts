// What the expansion of variables in one Dockerfile may cost: each `ENV A=$A$A` doubles a value, and a pattern is compared
// with each of its characters. Without it, a file of a kilobyte takes all memory.

import { maxExpandedCharacters, maxExpansionWork } from '../../limits.ts';

/** Thrown as it is, whatever the file says otherwise: not a LanguageError, which some places pass over. */
export class ExpansionLimit extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExpansionLimit';
  }
}

export class ExpansionBudget {
  #left = maxExpansionWork;

  /** `work`: characters written, or comparisons made. Throws ExpansionLimit. */
  spend(work: number): void {
    this.#left -= work;
    if (this.#left < 0)
      throw new ExpansionLimit(
        'this Dockerfile says too much with too few words: its variables, or what its stages copy of each other, take too long',
      );
  }

  /** Throws ExpansionLimit for a text that is too long. */
  checkLength(characters: number): void {
    if (characters > maxExpandedCharacters)
      throw new ExpansionLimit(
        `a variable expands to more than ${maxExpandedCharacters} characters, which is the most that is allowed`,
      );
  }
}
