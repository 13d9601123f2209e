// Decides when a terminal's output is read from the engine. Reading stops while every page that watches is far behind, and is
// slowed down while no page watches. Knows no streams: it only says for how long to hold.

import { unwatchedBytesPerSecond } from '../limits.ts';
import { pauseAboveBytes, resumeBelowBytes } from '../protocol.ts';
import { monotonicMs } from '../rate-limit.ts';

/** `go`: read on. `hold`: read nothing until a page acknowledges output. A number: read nothing for so many milliseconds. */
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

  /**
   * To be called after each read, and with 0 when something else has changed. `behind`: how many bytes each page that watches has
   * not parsed yet.
   */
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
    // One page that keeps up is enough. A page that sleeps in a background tab must not stop the shell for the others.
    const least = Math.min(...behind);
    if (least > pauseAboveBytes) this.#holding = true;
    else if (least < resumeBelowBytes) this.#holding = false;
    return this.#holding ? 'hold' : 'go';
  }
}
