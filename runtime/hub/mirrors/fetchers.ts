// The threads that ask other registries for the machine: one for each repository that something is fetched from now.

import type { EngineError } from '../../errors.ts';
import { fetcherIdleMs, maxFetchers, maxFetchersPerMirror } from '../../limits.ts';
import type { Listeners } from '../../registries/client.ts';
import { RegistryFailure } from '../../registries/failure.ts';
import type { JobName, RegistryJobs } from '../../registries/jobs.ts';
import { RegistryThread } from '../../registries/thread.ts';
import { Turnstile } from '../../turnstile.ts';
import { credentialsOf, type Mirror } from './mirrors-file.ts';

interface Fetcher {
  readonly thread: RegistryThread;
  users: number;
  /** Ends it when it has had nothing to do for a while. */
  idle: NodeJS.Timeout | null;
  /** Whether it may be used by those who come now. */
  isGood: boolean;
  readonly end: () => Promise<void>;
}

export class Fetchers implements AsyncDisposable {
  readonly #places = new Turnstile({ perKey: maxFetchersPerMirror, inAll: maxFetchers });
  readonly #open = new Map<string, Promise<Fetcher>>();
  readonly #all = new Set<Fetcher>();
  readonly #ending: AbortSignal;

  constructor(ending: AbortSignal) {
    this.#ending = ending;
  }

  /** `path`: the repository as it is named there. Throws RegistryFailure, EngineError. */
  async ask<Name extends JobName>(
    mirror: Mirror,
    path: string,
    name: Name,
    ask: RegistryJobs[Name]['ask'],
    listeners: Listeners = {},
  ): Promise<RegistryJobs[Name]['answer']> {
    const key = `${mirror.name}/${path}`;
    const fetcher = await this.#fetcher(key, mirror, path);
    fetcher.users += 1;
    if (fetcher.idle) clearTimeout(fetcher.idle);
    fetcher.idle = null;
    try {
      return await fetcher.thread.ask(name, ask, listeners);
    } catch (error) {
      const failure = (error as EngineError).cause;
      // What it knows of the registry may be what is wrong: the next one finds out anew.
      if (!(failure instanceof RegistryFailure) || failure.kind !== 'answer') this.#forget(key, fetcher);
      throw failure instanceof RegistryFailure ? failure : error;
    } finally {
      fetcher.users -= 1;
      if (fetcher.users === 0) this.#rest(key, fetcher);
    }
  }

  async #fetcher(key: string, mirror: Mirror, path: string): Promise<Fetcher> {
    for (;;) {
      let opening = this.#open.get(key);
      if (!opening) {
        opening = this.#start(mirror, path);
        opening.catch(() => this.#open.delete(key));
        this.#open.set(key, opening);
      }
      const fetcher = await opening;
      if (fetcher.isGood) return fetcher;
    }
  }

  async #start(mirror: Mirror, path: string): Promise<Fetcher> {
    const place = await this.#places.enter(mirror.name);
    try {
      this.#ending.throwIfAborted();
      const thread = new RegistryThread(
        {
          reach: { origin: mirror.origin },
          domain: mirror.name,
          ...{ path: `${mirror.prefix}${path}`, shown: `${mirror.name}/${path}` },
          ...{ credentials: credentialsOf(mirror), actions: 'pull' },
        },
        this.#ending,
      );
      const end = async (): Promise<void> => {
        this.#all.delete(fetcher);
        // Its end says no more than its answers did.
        await thread[Symbol.asyncDispose]().catch(() => undefined);
        place[Symbol.dispose]();
      };
      const fetcher: Fetcher = { thread, users: 0, idle: null, isGood: true, end };
      this.#all.add(fetcher);
      return fetcher;
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
  }

  #rest(key: string, fetcher: Fetcher): void {
    if (!fetcher.isGood) {
      void fetcher.end();
      return;
    }
    fetcher.idle = setTimeout(() => {
      this.#forget(key, fetcher);
      void fetcher.end();
    }, fetcherIdleMs).unref();
  }

  #forget(key: string, fetcher: Fetcher): void {
    if (!fetcher.isGood) return;
    fetcher.isGood = false;
    this.#open.delete(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { idle } of this.#all) if (idle) clearTimeout(idle);
    await Promise.all([...this.#all].map((fetcher) => fetcher.end()));
  }
}
