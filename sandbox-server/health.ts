// Whether labs can start at all: the engine answers, the store has room, the last start did not fail. A change is logged. Knows
// nothing of the queue.

import type { Logger } from 'pino';
import type { EngineLink } from './engine-link.ts';
import { failedStartCountsMs, storeFullBytes } from './limits.ts';
import type { Health } from './protocol.ts';
import { monotonicMs } from './rate-limit.ts';

const words: Readonly<Record<Health['status'], string>> = {
  ok: 'labs start again',
  'engine away': 'the engine is away: no lab can start',
  'store full': 'the store is full: no lab can start until there is room; df tells where, drydock session ls who',
  'labs fail': 'the last lab could not be started: the lines above say why',
};

export class HealthWatch {
  readonly #link: Pick<EngineLink, 'up' | 'status'>;
  readonly #log: Logger;
  /** When the last start failed; null if it did not fail. */
  #failedAtMs: number | null = null;
  #told: Health['status'] = 'ok';

  constructor(link: Pick<EngineLink, 'up' | 'status'>, log: Logger) {
    this.#link = link;
    this.#log = log;
  }

  /** A lab has started (`went`), or could not be started. */
  started(went: boolean): void {
    this.#failedAtMs = went ? null : monotonicMs();
    this.look();
  }

  /** How it is now; a change is logged. */
  look(): Health['status'] {
    const now = this.#now();
    if (now !== this.#told) {
      const line = { health: now, freeBytes: this.#link.status?.storeFreeBytes };
      if (now === 'ok') this.#log.info(line, words.ok);
      else this.#log.error(line, words[now]);
      this.#told = now;
    }
    return now;
  }

  #now(): Health['status'] {
    if (!this.#link.up) return 'engine away';
    const free = this.#link.status?.storeFreeBytes;
    if (free !== undefined && free < storeFullBytes) return 'store full';
    // A start that failed long ago says nothing of now, even if it was the last.
    const failed = this.#failedAtMs !== null && monotonicMs() - this.#failedAtMs < failedStartCountsMs;
    return failed ? 'labs fail' : 'ok';
  }
}
