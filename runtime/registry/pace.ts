// How fast bodies of uploads are taken: a few pieces in each turn of the event loop, so that others have it in between, and of each
// namespace, after a burst, so many bytes a second: what is written for a student is written by the engine, beside the limits of their
// own disk.

import { setTimeout as sleep } from 'node:timers/promises';
import { uploadBurstBytes, uploadBytesPerSecond, uploadTurnBytes } from '../limits.ts';

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

export class Pace {
  readonly #nowMs: () => number;
  /** By namespace: when its burst will be whole again. */
  readonly #wholeMs = new Map<string, number>();
  /** By namespace: who comes first in one goes first, and the namespaces take turns. */
  readonly #waiting = new Map<string, Waiting[]>();
  /** Bytes that this turn of the loop may still take. */
  #left = uploadTurnBytes;
  #isTurning = false;

  /** `nowMs` is a monotonic clock. */
  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Resolves when the next `bytes` that are sent to the namespace may be taken. Throws the reason of `signal`. */
  async take(namespace: string, bytes: number, signal: AbortSignal): Promise<void> {
    const waitMs = this.#waitMs(namespace, bytes);
    if (waitMs > 0) await sleep(waitMs, null, { signal }).catch(() => signal.throwIfAborted());
    await this.turn(namespace, bytes);
  }

  /** Resolves when this turn of the event loop, or a later one, has room for them. */
  async turn(namespace: string, bytes: number): Promise<void> {
    if (this.#left <= 0 || this.#waiting.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const before = this.#waiting.get(namespace);
      if (before) before.push({ bytes, go: resolve });
      else this.#waiting.set(namespace, [{ bytes, go: resolve }]);
      this.#turnSoon();
      return await promise;
    }
    this.#left -= bytes;
    this.#turnSoon();
  }

  /** Counts the bytes. How long the namespace has to wait for them. */
  #waitMs(namespace: string, bytes: number): number {
    const now = this.#nowMs();
    const whole = Math.max(this.#wholeMs.get(namespace) ?? 0, now) + (bytes / uploadBytesPerSecond) * 1000;
    this.#wholeMs.set(namespace, whole);
    return whole - now - (uploadBurstBytes / uploadBytesPerSecond) * 1000;
  }

  #turnSoon(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(() => {
      this.#isTurning = false;
      this.#left = uploadTurnBytes;
      while (this.#left > 0 && this.#waiting.size > 0) this.#next();
      if (this.#waiting.size > 0) this.#turnSoon();
      else this.#forgetWhole();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (!first) return;
    const [namespace, queue] = first;
    this.#waiting.delete(namespace);
    const next = queue.shift();
    if (queue.length > 0) this.#waiting.set(namespace, queue);
    this.#left -= next?.bytes ?? 0;
    next?.go();
  }

  #forgetWhole(): void {
    const now = this.#nowMs();
    for (const [namespace, whole] of this.#wholeMs) if (whole <= now) this.#wholeMs.delete(namespace);
  }
}
