// Decides when a terminal's output is read from the engine: not while every page that watches is far behind, and not
// without bound while none does. Knows no streams: it answers for how long to hold.

import { unwatchedBytesPerSecond } from '../limits.ts';
import { pauseAboveBytes, resumeBelowBytes } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';

/** `go`: read on. `hold`: until an acknowledgement asks again. A number: hold for so many milliseconds. */
export type FlowDecision = 'go' | 'hold' | number;

export class Flow {
  #holding = false;
  #allowance = unwatchedBytesPerSecond;
  #atMs: number;
  readonly #now: () => number;

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
    this.#atMs = now();
  }

  /** After `readBytes` more were read (0 when something else changed); `behind` is how far each watching page is behind. */
  decide(readBytes: number, behind: readonly number[]): FlowDecision {
    const now = this.#now();
    this.#allowance = Math.min(
      unwatchedBytesPerSecond,
      this.#allowance + ((now - this.#atMs) / 1000) * unwatchedBytesPerSecond,
    );
    this.#atMs = now;
    if (behind.length === 0) {
      this.#holding = false;
      this.#allowance -= readBytes;
      return this.#allowance > 0 ? 'go' : Math.ceil((-this.#allowance / unwatchedBytesPerSecond) * 1000) + 50;
    }
    // One page that keeps up is enough: another that sleeps in a background tab must not hold the shell.
    const least = Math.min(...behind);
    if (least > pauseAboveBytes) this.#holding = true;
    else if (least < resumeBelowBytes) this.#holding = false;
    return this.#holding ? 'hold' : 'go';
  }
}
