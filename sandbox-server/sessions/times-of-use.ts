// When a lab was last used, and how: what decides whether it is frozen, stored or ended, and which lab gives way to others.

import type { Logger } from 'pino';
import { writeUsedEveryMs } from '../limits.ts';
import { monotonicMs } from '../rate-limit.ts';
import { bookkeeping } from '../store/bookkeeping.ts';

/** For how long a lab has not been used, in milliseconds. */
export interface Idle {
  /** Since a page was open; 0 while one is. */
  readonly withoutPageMs: number;
  /** Since it was typed into, or a page came. */
  readonly untypedMs: number;
  /** Since it was typed into, or became ready. */
  readonly unusedForMs: number;
  /** By the clock, since its student was there; 0 while a page is open. */
  readonly unusedMs: number;
}

export interface TimesOfUseParts {
  /** By the clock: the time of use that is written down. */
  readonly usedAtMs: number;
  /** The lab had hosts in an earlier run of the server. Whether it was typed into then is not known: it counts as if it was. */
  readonly hadHosts: boolean;
  /** Writes a time of use down. Where it throws, that is logged, and tried again with the next use. */
  readonly write: (usedAtMs: number) => void;
  readonly log: Logger;
}

export class TimesOfUse {
  readonly #write: (usedAtMs: number) => void;
  readonly #log: Logger;
  /** By the clock. */
  #usedAtMs: number;
  #writtenAtMs: number;
  /** By the monotonic clock: when the last page went. */
  #leftMs = monotonicMs();
  /** When it was typed into, or a page came. */
  #typedMs = monotonicMs();
  /** When it was typed into, or became ready. */
  #usedMs = monotonicMs();
  #hasTyped: boolean;
  #wasEntered: boolean;

  constructor({ usedAtMs, hadHosts, write, log }: TimesOfUseParts) {
    this.#write = write;
    this.#log = log;
    this.#usedAtMs = usedAtMs;
    this.#writtenAtMs = usedAtMs;
    this.#hasTyped = hadHosts;
    this.#wasEntered = hadHosts;
  }

  /** Whether its student has typed in it, or changed files. */
  get hasTyped(): boolean {
    return this.#hasTyped;
  }

  /** Whether it ever had a page. */
  get wasEntered(): boolean {
    return this.#wasEntered;
  }

  /** `isOpen`: a page is open now. */
  idle(isOpen: boolean): Idle {
    const now = monotonicMs();
    return {
      withoutPageMs: isOpen ? 0 : now - this.#leftMs,
      untypedMs: now - this.#typedMs,
      unusedForMs: now - this.#usedMs,
      unusedMs: isOpen ? 0 : Date.now() - this.#usedAtMs,
    };
  }

  /** Its hosts run: its student can use it from now on. */
  becameReady(): void {
    this.#typedMs = monotonicMs();
    this.#usedMs = this.#typedMs;
  }

  /** A page has come. */
  entered(): void {
    this.#typedMs = monotonicMs();
    this.#wasEntered = true;
    this.#isThere();
  }

  /** A page has gone. */
  left(): void {
    this.#leftMs = monotonicMs();
    this.#isThere();
  }

  /** Its student does something in it. */
  typed(): void {
    this.#typedMs = monotonicMs();
    this.#usedMs = this.#typedMs;
    this.#hasTyped = true;
  }

  /** Its student is there: from now on it counts how long the lab is kept. */
  #isThere(): void {
    this.#usedAtMs = Date.now();
    if (Math.abs(this.#usedAtMs - this.#writtenAtMs) < writeUsedEveryMs) return;
    bookkeeping(this.#log, 'the use of a session', () => {
      this.#write(this.#usedAtMs);
      this.#writtenAtMs = this.#usedAtMs;
    });
  }
}
