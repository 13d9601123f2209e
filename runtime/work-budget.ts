// What one request may cost of the loop that all hosts share: every comparison that grows with what the client sent is paid for.

import { EngineError } from './errors.ts';
import { maxWorkSteps } from './limits.ts';

export class WorkBudget {
  readonly #most: number;
  #left: number;

  constructor(steps = maxWorkSteps) {
    this.#most = steps;
    this.#left = steps;
  }

  /** Takes `steps` away, each about one comparison of a character. Throws invalid where the request has used them up. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left >= 0) return;
    throw new EngineError(
      'invalid',
      `invalid filters: to compare these patterns with everything on this host takes more than the ${this.#most} steps that one request may take: use fewer or shorter patterns`,
    );
  }
}
