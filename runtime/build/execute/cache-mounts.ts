// The directories of `RUN --mount=type=cache`: on the host's disk, there for its next builds until they are pruned.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import { makeDirectory } from '../../kernel/directories.ts';
import { removeTree } from '../../kernel/remove-tree.ts';
import { maxCacheMounts } from '../../limits.ts';
import { digestOf } from '../../store/blobs.ts';
import type { Sharing } from '../language/mounts.ts';

interface Cache {
  uses: number;
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
  readonly #host: ContainerHost;
  readonly #caches = new Map<string, Cache>();

  constructor(host: ContainerHost) {
    this.#host = host;
  }

  get #directory(): string {
    return `${this.#host.directory}/build-caches`;
  }

  /** Waits for a `locked` one that somebody has; a `private` one that is in use is a new one. Throws exhausted, and the reason of `signal`. */
  async use(id: string, sharing: Sharing, signal: AbortSignal): Promise<UsedCache> {
    const name = digestOf(id).slice('sha256:'.length);
    const known = this.#caches.get(name) ?? { uses: 0, turn: Promise.resolve() };
    this.#caches.set(name, known);
    if (sharing === 'private' && known.uses > 0) return this.#own();
    const before = known.turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (sharing === 'locked') {
      known.turn = Promise.all([before, promise]);
      await before;
    }
    known.uses += 1;
    const leave = async (): Promise<void> => {
      known.uses -= 1;
      resolve();
    };
    if (signal.aborted) await leave();
    signal.throwIfAborted();
    const path = `${this.#directory}/${name}`;
    return { path, isNew: this.#make(path), [Symbol.asyncDispose]: leave };
  }

  #own(): UsedCache {
    const path = `${this.#directory}/${randomUUID()}`;
    return { path, isNew: this.#make(path), [Symbol.asyncDispose]: () => removeTree(path) };
  }

  #make(path: string): boolean {
    if (fs.existsSync(path)) return false;
    makeDirectory(this.#directory, 0o700);
    if (fs.readdirSync(this.#directory).length >= maxCacheMounts)
      throw new EngineError(
        'exhausted',
        `this host has ${maxCacheMounts} caches of RUN --mount, the most: docker builder prune removes them`,
      );
    const { uidBase } = this.#host.record;
    fs.mkdirSync(path, { mode: 0o755 });
    fs.chownSync(path, uidBase, uidBase);
    return true;
  }

  /** Removes those that nobody uses. */
  async clear(): Promise<void> {
    for (const name of await readdir(this.#directory).catch(() => []))
      if ((this.#caches.get(name)?.uses ?? 0) === 0) {
        // Gone at once for who uses it next: it takes a while until all of it is.
        const away = `${this.#directory}/${randomUUID()}`;
        fs.renameSync(`${this.#directory}/${name}`, away);
        await removeTree(away);
      }
  }
}
