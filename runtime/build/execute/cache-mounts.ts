// The directories of `RUN --mount=type=cache`: on the host's disk, there for its next builds until they are pruned.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { diskFull, EngineError } from '../../errors.ts';
import { makeDirectory } from '../../kernel/directories.ts';
import { removeTree } from '../../kernel/remove-tree.ts';
import { sizeOfTree } from '../../kernel/tree-size.ts';
import { maxCacheMounts, maxSizedEntries } from '../../limits.ts';
import { digestOf } from '../../store/blobs.ts';
import type { CacheRecord, Keeper } from '../cache-record.ts';
import { isSharedCache } from '../half-built.ts';
import type { Sharing } from '../language/mounts.ts';

/** One that somebody uses or waits for. */
interface Cache {
  /** Those who have it, and those who wait to have it alone. */
  users: number;
  /** Settles when its directory is there, or could not be made. */
  making: Promise<unknown>;
  /** Settles when the user who has it alone is done. */
  turn: Promise<unknown>;
}

/** A cache that is used until it is disposed of. */
export interface UsedCache extends AsyncDisposable {
  readonly path: string;
  /** Nobody has used it before. */
  readonly isNew: boolean;
}

/** Makes the directory of one that nobody has used before. */
export type MakeCache = (path: string) => Promise<void>;

/** Of one host. */
export class CacheMounts implements Keeper {
  readonly #directory: string;
  readonly #uidBase: number;
  readonly #caches = new Map<string, Cache>();
  /** What instructions call those that were used (in the first line), and how often they were; of earlier engines nothing is known. */
  readonly #told = new Map<string, { readonly id: string; uses: number }>();
  /** Names of those that one user alone has, and that go with it. */
  readonly #private = new Set<string>();

  /** Settles when what an earlier engine has left half removed is gone. */
  readonly tidied: Promise<unknown>;

  /** `directory`: the host's own; `uidBase`: its root. */
  constructor({ directory, uidBase }: { readonly directory: string; readonly uidBase: number }) {
    this.#directory = `${directory}/build-caches`;
    this.#uidBase = uidBase;
    const left = namesIn(this.#directory).filter((name) => !isSharedCache(name));
    this.tidied = Promise.allSettled(left.map((name) => removeTree(`${this.#directory}/${name}`)));
  }

  /**
   * Waits for a `locked` one that somebody has; a `private` one that is in use is a new one. One begins as an empty directory of root's,
   * unless `make` makes it. Throws exhausted, the reason of `signal`, and what `make` throws.
   */
  async use(id: string, sharing: Sharing, signal: AbortSignal, make: MakeCache = this.#makeEmpty): Promise<UsedCache> {
    signal.throwIfAborted();
    const name = digestOf(id).slice('sha256:'.length);
    const cache = this.#caches.get(name) ?? { users: 0, making: Promise.resolve(), turn: Promise.resolve() };
    if (sharing === 'private' && cache.users > 0) return await this.#own(make);
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
      const made = cache.making.then(() => this.#make(path, make));
      cache.making = made.catch(() => undefined);
      const isNew = await made;
      this.#tell(name, id, isNew);
      return { path, isNew, [Symbol.asyncDispose]: leave };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  /** Who uses it next begins with a new one. One that somebody uses stays. */
  async forget(id: string): Promise<void> {
    await this.#remove(digestOf(id).slice('sha256:'.length));
  }

  #tell(name: string, id: string, isNew: boolean): void {
    const told = (isNew ? undefined : this.#told.get(name)) ?? { id, uses: 0 };
    told.uses += 1;
    this.#told.set(name, told);
    // Those that are pruned are told of no more.
    for (const one of this.#told.keys())
      if (this.#told.size > maxCacheMounts && !fs.existsSync(`${this.#directory}/${one}`)) this.#told.delete(one);
    const path = `${this.#directory}/${name}`;
    fs.utimesSync(path, new Date(), fs.statSync(path).mtime);
  }

  async #own(make: MakeCache): Promise<UsedCache> {
    const name = randomUUID();
    const path = `${this.#directory}/${name}`;
    this.#private.add(name);
    const leave = async (): Promise<void> => {
      await removeTree(path);
      this.#private.delete(name);
    };
    try {
      return { path, isNew: await this.#make(path, make), [Symbol.asyncDispose]: leave };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  async #make(path: string, make: MakeCache): Promise<boolean> {
    if (fs.existsSync(path)) return false;
    makeDirectory(this.#directory, 0o700);
    if (fs.readdirSync(this.#directory).length >= maxCacheMounts)
      throw new EngineError(
        'exhausted',
        `this host has ${maxCacheMounts} caches of RUN --mount, the most: docker builder prune removes them`,
      );
    await make(path);
    return true;
  }

  readonly #makeEmpty: MakeCache = async (path) => {
    fs.mkdirSync(path, { mode: 0o755 });
    fs.chownSync(path, this.#uidBase, this.#uidBase);
  };

  async records(): Promise<readonly CacheRecord[]> {
    const records = await Promise.all(namesIn(this.#directory).map((name) => this.#record(name)));
    return records.filter((record) => record !== null);
  }

  /** Null for what nobody finds again, and for one that is being removed. */
  async #record(name: string): Promise<CacheRecord | null> {
    if (!isSharedCache(name)) return null;
    const path = `${this.#directory}/${name}`;
    const { id = '', uses = 1 } = this.#told.get(name) ?? {};
    try {
      const { birthtime, atime } = await stat(path);
      const { bytes } = await sizeOfTree(path, maxSizedEntries);
      return {
        id: idOf(name),
        type: 'exec.cachemount',
        description: `cached mount ${id.slice(id.indexOf('/') + 1).split('\n')[0]}`.trim(),
        bytes,
        isMutable: true,
        inUse: this.#caches.has(name),
        isShared: false,
        createdAt: birthtime.toISOString(),
        usedAt: atime.toISOString(),
        uses,
      };
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    }
  }

  async remove(id: string): Promise<boolean> {
    const name = namesIn(this.#directory).find((one) => isSharedCache(one) && idOf(one) === id);
    return name !== undefined && (await this.#remove(name));
  }

  /** Removes those that nobody uses. */
  async clear(): Promise<void> {
    for (const name of namesIn(this.#directory)) await this.#remove(name);
  }

  /** On a full disk, where nothing gets another name. Who wants the same one waits. */
  async #removeInPlace(name: string): Promise<void> {
    const removing = removeTree(`${this.#directory}/${name}`);
    const settled = removing.catch(() => undefined);
    this.#caches.set(name, { users: 1, making: settled, turn: settled });
    try {
      await removing;
    } finally {
      const cache = this.#caches.get(name);
      if (cache && --cache.users === 0) this.#caches.delete(name);
    }
    this.#told.delete(name);
  }

  async #remove(name: string): Promise<boolean> {
    if (this.#caches.has(name) || this.#private.has(name)) return false;
    // Gone at once for who uses it next: it takes a while until all of it is.
    const path = `${this.#directory}/${name}`;
    const away = `${this.#directory}/${randomUUID()}`;
    try {
      fs.renameSync(path, away);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false; // somebody else removes it
      if (!diskFull(error)) throw error;
      await this.#removeInPlace(name);
      return true;
    }
    this.#told.delete(name);
    await removeTree(away);
    return true;
  }
}

/** As long as BuildKit's. */
const idOf = (name: string): string => name.slice(0, 25);

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
