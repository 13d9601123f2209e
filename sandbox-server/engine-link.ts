// The engine, as the server sees it: up or away. Calls wait a while for an engine that restarts.

import type { EngineClient, EngineStatus } from '@drydock/runtime';
import type { Logger } from 'pino';
import { kindOf, ServerError, sentences } from './errors.ts';
import { engineHeartbeatMs, engineProbeMs, engineWaitMs } from './limits.ts';
import { monotonicMs } from './rate-limit.ts';

/** An error that means: no engine answered, or it went away while it worked. */
export function isAway(error: unknown): boolean {
  return kindOf(error) === 'unavailable' && !(error instanceof ServerError);
}

export class EngineLink {
  readonly #client: EngineClient;
  readonly #log: Logger;
  readonly #listeners = new Set<(up: boolean) => void>();
  readonly #waiting = new Set<() => void>();
  #up = true;
  #status: EngineStatus | null = null;
  #closed = false;
  #probing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: EngineClient, log: Logger) {
    this.#client = client;
    this.#log = log;
    this.#schedule();
  }

  get up(): boolean {
    return this.#up;
  }

  /** The engine's status as of a few seconds ago; null before the first answer, and while the engine is away. */
  get status(): EngineStatus | null {
    return this.#up ? this.#status : null;
  }

  /** Calls `listener` at each change until the returned function is called. */
  listen(listener: (up: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Does `work` once; where the engine is away, waits for it and does it again, so `work` must be safe to repeat.
   * Throws what `work` throws, and ServerError unavailable when the engine has not come back within `waitMs`. An
   * EngineError unavailable means that the engine is there and the host is stopped.
   */
  async call<T>(work: (engine: EngineClient) => Promise<T>, waitMs = engineWaitMs): Promise<T> {
    const giveUpMs = monotonicMs() + waitMs;
    let refusals = 0;
    while (true) {
      if (this.#up) {
        try {
          return await work(this.#client);
        } catch (error) {
          if (!isAway(error)) throw error;
          const answers = await this.#answers();
          // The first refusal may be of an engine that was killed and has been started again already.
          if (answers && refusals++ > 0) throw error;
          this.#change(answers);
        }
      }
      if (this.#up && !this.#closed) continue;
      if (this.#closed || !(await this.#comesBack(giveUpMs - monotonicMs()))) {
        throw new ServerError('unavailable', sentences.engineAway, { retryAfterSeconds: 2 });
      }
    }
  }

  /** A connection to the engine has ended unexpectedly: asks at once whether the engine is still there. */
  suspect(): void {
    void this.#probe();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    for (const settle of [...this.#waiting]) settle();
  }

  #comesBack(waitMs: number): Promise<boolean> {
    if (waitMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(this.#up && !this.#closed);
      };
      const timer = setTimeout(settle, waitMs);
      this.#waiting.add(settle);
    });
  }

  async #answers(): Promise<boolean> {
    try {
      const before = this.#status;
      this.#status = await this.#client.status();
      // Another engine runs than at the last look. To listeners that is the same as one that was seen to be away.
      if (before !== null && before.pid !== this.#status.pid) this.#change(false);
      return true;
    } catch (error) {
      return !isAway(error);
    }
  }

  async #probe(): Promise<void> {
    if (this.#probing || this.#closed) return;
    this.#probing = true;
    try {
      this.#change(await this.#answers());
    } finally {
      this.#probing = false;
      this.#schedule();
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#probe(), this.#up ? engineHeartbeatMs : engineProbeMs);
  }

  #change(up: boolean): void {
    if (this.#up === up || this.#closed) return;
    this.#up = up;
    this.#log.warn(up ? 'the engine is back' : 'the engine is away');
    this.#schedule();
    if (up) for (const settle of [...this.#waiting]) settle();
    for (const listener of [...this.#listeners]) listener(up);
  }
}
