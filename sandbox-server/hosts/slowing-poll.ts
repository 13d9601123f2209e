// Polls states that cause no event, such as memory, processes and the answers of ports: soon after something has happened in
// the lab, and ever less often while nothing does.

import { calmShare, maxPollMs } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';

/** The wait before the next look where nothing has happened for `calmMs`; `leastMs` at least. */
export function pollWaitMs(calmMs: number, leastMs: number): number {
  return Math.min(Math.max(calmMs * calmShare, leastMs), maxPollMs);
}

export class SlowingPoll {
  readonly #waitMs: (calmMs: number) => number;
  readonly #due: () => void;
  #stirredMs = monotonicMs();
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;

  /** `waitMs` says how long to wait where nothing has happened for so long. Nothing is due before `schedule`. */
  constructor(waitMs: (calmMs: number) => number, due: () => void) {
    this.#waitMs = waitMs;
    this.#due = due;
  }

  /** Calls `due` once after the wait, which begins now. */
  schedule(): void {
    clearTimeout(this.#timer);
    const now = monotonicMs();
    const waitMs = this.#waitMs(now - this.#stirredMs);
    this.#dueMs = now + waitMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#due();
    }, waitMs);
  }

  /** Something has happened: waits are short again, the one under way too. */
  stir(): void {
    this.#stirredMs = monotonicMs();
    if (this.#timer !== undefined && this.#dueMs > this.#stirredMs + this.#waitMs(0)) this.schedule();
  }

  /** Nothing is due any more, until `schedule`. Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
