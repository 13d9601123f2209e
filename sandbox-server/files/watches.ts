// What one page watches: tells it when files of a host change, also across restarts of host and engine.

import { setTimeout as delay } from 'node:timers/promises';
import type { EngineLink } from '../engine-link.ts';
import { ServerError, sentences } from '../errors.ts';
import { watchAgainMs } from '../limits.ts';
import type { Session } from '../sessions/session.ts';

export class FileWatches {
  readonly #link: EngineLink;
  readonly #changed: (host: string) => void;
  readonly #watches = new Map<string, AbortController>();

  /** `changed` is called with the lab's name of the host, at most 5 times a second. */
  constructor(link: EngineLink, changed: (host: string) => void) {
    this.#link = link;
    this.#changed = changed;
  }

  /** Idempotent. Throws notFound where the lab has no such host. */
  watch(session: Session, host: string): void {
    if (!session.lab.hosts.some(({ name }) => name === host)) throw new ServerError('notFound', sentences.noHost);
    if (this.#watches.has(host)) return;
    const ending = new AbortController();
    this.#watches.set(host, ending);
    void this.#follow(session, host, ending.signal);
  }

  /** Idempotent. */
  leave(host: string): void {
    this.#watches.get(host)?.abort();
    this.#watches.delete(host);
  }

  leaveAll(): void {
    for (const host of [...this.#watches.keys()]) this.leave(host);
  }

  async #follow(session: Session, host: string, signal: AbortSignal): Promise<void> {
    for (let again = false; !signal.aborted; again = true) {
      try {
        const changes = await this.#link.call((engine) => engine.watchFiles(session.host(host), signal));
        // The files were not watched for a while, so there may have been changes.
        if (again) this.#changed(host);
        for await (const _ of changes) this.#changed(host);
      } catch {
        // The lab is not ready, or the engine or the host has gone. Try again until the page stops watching.
      }
      await delay(watchAgainMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
