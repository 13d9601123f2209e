// The directories of `RUN --mount=type=cache`: on the host's disk, there for its next builds until they are pruned.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { EngineError } from '../../errors.ts';
import { makeDirectory } from '../../kernel/directories.ts';
import { removeTree } from '../../kernel/remove-tree.ts';
import { maxCacheMounts } from '../../limits.ts';
import { digestOf } from '../../store/blobs.ts';
import type { Sharing } from '../language/mounts.ts';

/** One that somebody uses or waits for. */
interface Cache {
  /** Those who have it, and those who wait to have it alone. */
  users: number;
  /** Settles when the user who has it alone is done. */
  turn: Promise<unknown>;
}

/** A cache that is used until it is disposed of. */
export interface UsedCache extends AsyncDisposable {
  readonly path: string;
  /** Nobody has used it before. */
  readonly isNew: boolean;
}

/** Of one host. */
export class CacheMounts {
  readonly #directory: string;
  readonly #uidBase: number;
  readonly #caches = new Map<string, Cache>();
  /** Names of those that one user alone has, and that go with it. */
  readonly #private = new Set<string>();

  /** Settles when what an earlier engine has left half removed is gone. */
  readonly tidied: Promise<unknown>;

  /** `directory`: the host's own; `uidBase`: its root. */
  constructor({ directory, uidBase }: { readonly directory: string; readonly uidBase: number }) {
    this.#directory = `${directory}/build-caches`;
    this.#uidBase = uidBase;
    const left = namesIn(this.#directory).filter((name) => !isShared(name));
    this.tidied = Promise.allSettled(left.map((name) => removeTree(`${this.#directory}/${name}`)));
  }

  /** Waits for a `locked` one that somebody has; a `private` one that is in use is a new one. Throws exhausted, and the reason of `signal`. */
  async use(id: string, sharing: Sharing, signal: AbortSignal): Promise<UsedCache> {
    signal.throwIfAborted();
    const name = digestOf(id).slice('sha256:'.length);
    const cache = this.#caches.get(name) ?? { users: 0, turn: Promise.resolve() };
    if (sharing === 'private' && cache.users > 0) return this.#own();
    this.#caches.set(name, cache);
    cache.users += 1;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const leave = async (): Promise<void> => {
      resolve();
      cache.users -= 1;
      if (cache.users === 0) this.#caches.delete(name);
    };
    try {
      if (sharing === 'locked') {
        const before = cache.turn;
        cache.turn = Promise.all([before, done]);
        await settledOr(before, signal);
      }
      const path = `${this.#directory}/${name}`;
      return { path, isNew: this.#make(path), [Symbol.asyncDispose]: leave };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  #own(): UsedCache {
    const name = randomUUID();
    const path = `${this.#directory}/${name}`;
    const isNew = this.#make(path);
    this.#private.add(name);
    const leave = async (): Promise<void> => {
      await removeTree(path);
      this.#private.delete(name);
    };
    return { path, isNew, [Symbol.asyncDispose]: leave };
  }

  #make(path: string): boolean {
    if (fs.existsSync(path)) return false;
    makeDirectory(this.#directory, 0o700);
    if (fs.readdirSync(this.#directory).length >= maxCacheMounts)
      throw new EngineError(
        'exhausted',
        `this host has ${maxCacheMounts} caches of RUN --mount, the most: docker builder prune removes them`,
      );
    fs.mkdirSync(path, { mode: 0o755 });
    fs.chownSync(path, this.#uidBase, this.#uidBase);
    return true;
  }

  /** Removes those that nobody uses. */
  async clear(): Promise<void> {
    for (const name of namesIn(this.#directory)) {
      if (this.#caches.has(name) || this.#private.has(name)) continue;
      // Gone at once for who uses it next: it takes a while until all of it is.
      const away = `${this.#directory}/${randomUUID()}`;
      try {
        fs.renameSync(`${this.#directory}/${name}`, away);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) continue; // somebody else removes it
        throw error;
      }
      await removeTree(away);
    }
  }
}

/** Named by what they are asked for by. */
const isShared = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

/** Resolves with `turn`. Throws the reason of `signal` where that is first. */
async function settledOr(turn: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    await Promise.race([turn, stopped]);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
