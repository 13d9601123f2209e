// How often somebody has asked for something in a time. Bounded: of many who ask, the first are forgotten.

interface Window {
  readonly endsMs: number;
  many: number;
}

export class Counter {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #maxKeys: number;
  readonly #windows = new Map<string, Window>();

  constructor({
    most,
    windowMs,
    maxKeys,
  }: { readonly most: number; readonly windowMs: number; readonly maxKeys: number }) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#maxKeys = maxKeys;
  }

  /** Counts one. Zero, or in how many milliseconds the next one may come. `nowMs` is of a monotonic clock. */
  count(key: string, nowMs: number): number {
    const there = this.#windows.get(key);
    const window = there && there.endsMs > nowMs ? there : { endsMs: nowMs + this.#windowMs, many: 0 };
    if (window.many >= this.#most) return window.endsMs - nowMs;
    window.many += 1;
    this.#windows.delete(key);
    this.#windows.set(key, window);
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined && this.#windows.size > this.#maxKeys) this.#windows.delete(oldest);
    return 0;
  }
}
