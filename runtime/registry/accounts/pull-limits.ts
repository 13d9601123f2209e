// How many manifests somebody may pull in a time, as Docker Hub limits it: off, unless somebody has set it.

import type { OutgoingHttpHeaders } from 'node:http';
import { EngineError } from '../../errors.ts';
import { maxPullCounts } from '../../limits.ts';
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
  /** By who: the window that their first pull has begun. */
  readonly #counts = new Map<string, Count>();

  /** `ownLimit`: what was said of one account alone. `nowMs` is a monotonic clock. */
  constructor(limits: PullLimits, ownLimit: (account: number) => PullLimit | null, nowMs: () => number) {
    this.limits = limits;
    this.#ownLimit = ownLimit;
    this.#nowMs = nowMs;
  }

  /** Counts one where `isPull`. The headers that tell what is left. Throws TOOMANYREQUESTS. */
  count(person: Person | null, source: string, isPull: boolean): OutgoingHttpHeaders {
    const limit = person ? (this.#ownLimit(person.account) ?? this.limits.account) : this.limits.nobody;
    if (!limit) return {};
    const key = person ? `account ${person.account}` : `source ${source}`;
    const now = this.#nowMs();
    const { endsMs, pulls } = this.#counted(key, now) ?? { endsMs: now + limit.seconds * 1000, pulls: 0 };
    const headers = (left: number): OutgoingHttpHeaders => ({
      'RateLimit-Limit': pullLimitText(limit),
      'RateLimit-Remaining': pullLimitText({ ...limit, pulls: Math.max(0, left) }),
    });
    if (isPull && pulls >= limit.pulls)
      throw new Refusal('TOOMANYREQUESTS', {
        message: `You have reached your pull rate limit.${person ? '' : ' You may increase the limit by authenticating.'}`,
        headers: { ...headers(0), 'Retry-After': Math.ceil((endsMs - now) / 1000) },
      });
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
