// How many manifests somebody may pull in a time, as Docker Hub limits it: off, unless somebody has set it.

import type { OutgoingHttpHeaders } from 'node:http';
import { EngineError } from '../../errors.ts';
import { maxPullCounts, pullPracticeMs } from '../../limits.ts';
import { Refusal } from '../refusal.ts';
import type { Person } from './rights.ts';

export interface PullLimit {
  readonly pulls: number;
  readonly seconds: number;
}

export interface PullLimits {
  /** Of each source that has not logged in: a host, an address. */
  readonly nobody: PullLimit | null;
  /** Of each account. */
  readonly account: PullLimit | null;
}

export const noPullLimits: PullLimits = { nobody: null, account: null };

/** `100;w=21600`, as Docker Hub's headers have it: a hundred in six hours. */
export function pullLimitText({ pulls, seconds }: PullLimit): string {
  return `${pulls};w=${seconds}`;
}

/** Null for an empty text. Throws invalid. */
export function parsePullLimit(text: string): PullLimit | null {
  if (text === '') return null;
  const [, pulls, seconds] = /^(\d{1,7});w=(\d{1,7})$/.exec(text) ?? [];
  if (pulls === undefined || Number(seconds) === 0)
    throw new EngineError('invalid', 'a limit of pulls is written as 100;w=21600: a hundred in 21600 seconds');
  return { pulls: Number(pulls), seconds: Number(seconds) };
}

interface Count {
  readonly endsMs: number;
  pulls: number;
}

export class PullCounts {
  readonly #nowMs: () => number;
  readonly #ownLimit: (account: number) => PullLimit | null;
  limits: PullLimits;
  /** Pulls that were over a limit. */
  refused = 0;
  /** By who: the window that their first pull has begun. */
  readonly #counts = new Map<string, Count>();
  /** By account: a limit that they try out, besides the usual one. */
  readonly #practices = new Map<number, { readonly limit: PullLimit; readonly endsMs: number }>();

  /** `ownLimit`: what was said of one account alone. `nowMs` is a monotonic clock. */
  constructor(limits: PullLimits, ownLimit: (account: number) => PullLimit | null, nowMs: () => number) {
    this.limits = limits;
    this.#ownLimit = ownLimit;
    this.#nowMs = nowMs;
  }

  /**
   * A limit that an account asks for, to see what one is like: it ends by itself, and the usual one holds all the same. Null: none any
   * more. How many seconds it holds; 0 for none.
   */
  practise(account: number, limit: PullLimit | null): number {
    this.#practices.delete(account);
    this.#counts.delete(`practice ${account}`);
    if (!limit) return 0;
    this.#practices.set(account, { limit, endsMs: this.#nowMs() + pullPracticeMs });
    const [oldest] = this.#practices.keys();
    if (oldest !== undefined && this.#practices.size > maxPullCounts) this.#practices.delete(oldest);
    return pullPracticeMs / 1000;
  }

  /** Counts one where `isPull`. The headers that tell what is left. Throws TOOMANYREQUESTS. */
  count(person: Person | null, source: string, isPull: boolean): OutgoingHttpHeaders {
    const limit = person ? (this.#ownLimit(person.account) ?? this.limits.account) : this.limits.nobody;
    const key = person ? `account ${person.account}` : `source ${source}`;
    const usual = limit ? this.#countOf(key, limit, person, isPull) : {};
    const practice = person && this.#practices.get(person.account);
    if (!practice || practice.endsMs <= this.#nowMs()) return usual;
    return this.#countOf(`practice ${person.account}`, practice.limit, person, isPull);
  }

  #countOf(key: string, limit: PullLimit, person: Person | null, isPull: boolean): OutgoingHttpHeaders {
    const now = this.#nowMs();
    const { endsMs, pulls } = this.#counted(key, now) ?? { endsMs: now + limit.seconds * 1000, pulls: 0 };
    const headers = (left: number): OutgoingHttpHeaders => ({
      'RateLimit-Limit': pullLimitText(limit),
      'RateLimit-Remaining': pullLimitText({ ...limit, pulls: Math.max(0, left) }),
    });
    if (isPull && pulls >= limit.pulls) {
      this.refused += 1;
      throw new Refusal('TOOMANYREQUESTS', {
        message: `You have reached your pull rate limit.${person ? '' : ' You may increase the limit by authenticating.'}`,
        headers: { ...headers(0), 'Retry-After': Math.ceil((endsMs - now) / 1000) },
      });
    }
    if (isPull) this.#set(key, { endsMs, pulls: pulls + 1 });
    return headers(limit.pulls - pulls - (isPull ? 1 : 0));
  }

  #counted(key: string, now: number): Count | null {
    const count = this.#counts.get(key);
    return count && count.endsMs > now ? count : null;
  }

  #set(key: string, count: Count): void {
    this.#counts.delete(key);
    this.#counts.set(key, count);
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined && this.#counts.size > maxPullCounts) this.#counts.delete(oldest);
  }
}
