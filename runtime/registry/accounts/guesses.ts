// Slows down those who guess passwords: wrong ones empty buckets, of the source, of the account, and of both together, which fill again
// with time. Right ones take nothing, so that a class behind one address logs in at once.

import { maxGuessKeys } from '../../limits.ts';

interface Rate {
  /** Wrong passwords that may come at once. */
  readonly burst: number;
  /** After that, one in each span. */
  readonly everyMs: number;
}

/** F11: ten a minute of one account from one source. */
const pairRate: Rate = { burst: 10, everyMs: 6_000 };
/** A host, or an address that a class may share. */
const sourceRate: Rate = { burst: 60, everyMs: 5_000 };
/** From everywhere together: 8,640 a day. Sources that the account has logged in from are not held back by it. */
const accountRate: Rate = { burst: 30, everyMs: 10_000 };

/** Keys in a map that cannot grow past its bound: the one that was not used for the longest is forgotten. */
class Recent<Value> {
  readonly #map = new Map<string, Value>();

  get(key: string): Value | undefined {
    return this.#map.get(key);
  }

  set(key: string, value: Value): void {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size <= maxGuessKeys) return;
    const [oldest] = this.#map.keys();
    if (oldest !== undefined) this.#map.delete(oldest);
  }

  get size(): number {
    return this.#map.size;
  }
}

export class Guesses {
  readonly #nowMs: () => number;
  /** By key: when its bucket will be full again. */
  readonly #full = new Recent<number>();
  /** Accounts with sources that they have logged in from. */
  readonly #known = new Recent<true>();

  /** `nowMs` is a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How long until a password of the account may be tried from the source: 0 where it may be now. */
  waitMs(account: string, source: string): number {
    return Math.max(
      0,
      ...this.#bucketsOf(account, source).map(({ key, rate, counts }) => (counts ? this.#waitMs(key, rate) : 0)),
    );
  }

  #bucketsOf(account: string, source: string) {
    const pair = `${source}\n${account}`;
    const isKnown = this.#known.get(pair) === true;
    return [
      { key: `pair ${pair}`, rate: pairRate, counts: true },
      { key: `source ${source}`, rate: sourceRate, counts: true },
      { key: `account ${account}`, rate: accountRate, counts: !isKnown },
    ];
  }

  #waitMs(key: string, { burst, everyMs }: Rate): number {
    const emptyMs = (this.#full.get(key) ?? 0) - this.#nowMs();
    return Math.max(0, Math.ceil(emptyMs - (burst - 1) * everyMs));
  }

  /** Before the password is looked at, so that many at once are counted too. `right` takes it back. */
  tried(account: string, source: string): void {
    for (const { key, rate } of this.#bucketsOf(account, source))
      this.#full.set(key, Math.max(this.#full.get(key) ?? 0, this.#nowMs()) + rate.everyMs);
  }

  right(account: string, source: string): void {
    this.takeBack(account, source);
    this.#known.set(`${source}\n${account}`, true);
  }

  /** It was not looked at after all. */
  takeBack(account: string, source: string): void {
    for (const { key, rate } of this.#bucketsOf(account, source)) {
      const full = this.#full.get(key);
      if (full !== undefined) this.#full.set(key, full - rate.everyMs);
    }
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#full.size + this.#known.size;
  }
}
