// An answer of the engine that is asked for once and shared until it is stale.

import { maxHeldAnswerMs } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';

export class HeldAnswer<T> {
  readonly #ask: () => Promise<T>;
  readonly #now: () => number;
  #held: { readonly answer: Promise<T>; readonly askedMs: number } | null = null;

  constructor(ask: () => Promise<T>, now: () => number = monotonicMs) {
    this.#ask = ask;
    this.#now = now;
  }

  /** The answer that is held, or is on its way; else asks. Throws what asking throws; a failure is not held. */
  get(): Promise<T> {
    const held = this.#held;
    if (held !== null && this.#now() - held.askedMs <= maxHeldAnswerMs) return held.answer;
    const asked = { answer: this.#ask(), askedMs: this.#now() };
    this.#held = asked;
    asked.answer.catch(() => {
      if (this.#held === asked) this.#held = null;
    });
    return asked.answer;
  }

  /** Makes the answer stale: the next `get` asks again, even while an older request is under way. */
  drop(): void {
    this.#held = null;
  }
}
