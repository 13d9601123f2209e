// What is to be done later for one host, with one timer for all of it: restarts by policy, health checks. While the host is
// frozen its time stands still. Knows nothing of containers.

interface Entry {
  readonly atMs: number;
  readonly act: () => void;
}

export class Agenda {
  readonly #entries = new Map<string, Entry>();
  #timer: NodeJS.Timeout | null = null;
  /** What the timer waits for. */
  #timerMs = Number.POSITIVE_INFINITY;
  /** Since when its time stands still; null where it goes on. */
  #pausedAtMs: number | null = null;

  /** Calls `act` once, in so many milliseconds, in the place of what `key` stood for. Does not keep the process alive. */
  set(key: string, inMs: number, act: () => void): void {
    this.#entries.set(key, { atMs: (this.#pausedAtMs ?? performance.now()) + inMs, act });
    this.#arm();
  }

  /** Idempotent. */
  cancel(key: string): void {
    this.#entries.delete(key);
  }

  /** Until `resume` no time passes for what is waited for. Idempotent. */
  pause(): void {
    this.#pausedAtMs ??= performance.now();
  }

  /** Idempotent. */
  resume(): void {
    if (this.#pausedAtMs === null) return;
    const pausedMs = performance.now() - this.#pausedAtMs;
    this.#pausedAtMs = null;
    for (const [key, { atMs, act }] of this.#entries) this.#entries.set(key, { atMs: atMs + pausedMs, act });
    this.#arm();
  }

  /** Forgets all, also that it is paused. */
  clear(): void {
    this.#entries.clear();
    this.#pausedAtMs = null;
  }

  /** A timer that wakes for what was cancelled, or put off, finds nothing due and waits on. */
  #arm(): void {
    const soonest = Math.min(...[...this.#entries.values()].map(({ atMs }) => atMs));
    if (this.#pausedAtMs !== null || soonest >= this.#timerMs) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerMs = soonest;
    this.#timer = setTimeout(() => this.#wake(), Math.min(Math.max(0, soonest - performance.now()), longestWaitMs));
    this.#timer.unref();
  }

  #wake(): void {
    this.#timer = null;
    this.#timerMs = Number.POSITIVE_INFINITY;
    if (this.#pausedAtMs !== null) return;
    const now = performance.now();
    const due = [...this.#entries].filter(([, { atMs }]) => atMs <= now + earlyMs);
    for (const [key, entry] of due) {
      if (this.#entries.get(key) !== entry) continue; // cancelled by one before it
      this.#entries.delete(key);
      entry.act();
    }
    this.#arm();
  }
}

/** setTimeout's longest, 24 days; what is later is waited for again. */
const longestWaitMs = 2 ** 31 - 1;
/** Timers count whole milliseconds, and may be early by a part of one. */
const earlyMs = 1;
