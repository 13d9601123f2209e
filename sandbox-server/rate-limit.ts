// Token buckets by key, in a map that cannot grow past its bound. Knows neither students nor addresses.

import { maxRateKeys } from './limits.ts';

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Monotonic, so that a step of the machine's clock opens or closes nothing. */
export function monotonicMs(): number {
  return performance.now();
}

export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #maxKeys: number;

  constructor(options: {
    readonly perSecond: number;
    readonly burst: number;
    readonly now?: () => number;
    readonly maxKeys?: number;
  }) {
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#now = options.now ?? monotonicMs;
    this.#maxKeys = options.maxKeys ?? maxRateKeys;
  }

  /** How many keys are remembered; at most `maxKeys`. */
  get size(): number {
    return this.#buckets.size;
  }

  /** How long until there is a token of `key`: 0 when there is one. Takes none. */
  waitMs(key: string): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return 0;
    const tokens = bucket.tokens + ((this.#now() - bucket.atMs) / 1000) * this.#perSecond;
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / this.#perSecond) * 1000);
  }

  /** Takes one token of `key`: 0 when there was one, else how many milliseconds until there is (nothing is taken). */
  take(key: string): number {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, atMs: now };
    bucket.tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.atMs) / 1000) * this.#perSecond);
    bucket.atMs = now;
    // Set anew, so that the map's order is the order of use.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#maxKeys) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - bucket.tokens) / this.#perSecond) * 1000);
  }
}
