// A share of bytes a second, for all connections of one host.

import { setTimeout as delay } from 'node:timers/promises';

export class ByteMeter {
  readonly #bytesPerMs: number;
  readonly #burstBytes: number;
  #credit: number;
  #at = performance.now();

  /** A second's share may be used at once. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#burstBytes = bytesPerSecond;
    this.#credit = bytesPerSecond;
  }

  /** Resolves when `bytes` may be passed on. */
  async take(bytes: number): Promise<void> {
    const now = performance.now();
    this.#credit = Math.min(this.#burstBytes, this.#credit + (now - this.#at) * this.#bytesPerMs) - bytes;
    this.#at = now;
    if (this.#credit < 0) await delay(-this.#credit / this.#bytesPerMs);
  }
}
