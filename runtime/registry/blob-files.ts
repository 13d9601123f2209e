// The files of the registry's blobs: `DIRECTORY/sha256/HEX`, each the whole content, or not there. Which blobs there are, the tables
// say: a file comes before its row and goes after it, both brought to the disk in between.
//
// The images of hosts have files of their own in a directory beside this one (`store/blobs.ts`). A content that both have is one
// file with a name in each, and the file system counts the names: neither has to know who else needs it.

import { renameSync, rmSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import { maxRegistrySyncs } from '../limits.ts';
import { type Blobs, syncFile } from '../store/blobs.ts';
import { GroupSync } from '../store/group-sync.ts';
import { Turnstile } from '../turnstile.ts';

export class BlobFiles implements AsyncDisposable {
  readonly #blobs: Blobs;
  readonly #names: GroupSync;
  readonly #isKnown: (sha256: string) => boolean;
  /** Those whose rows are gone, and whose files are about to go: which in number it was. */
  readonly #leaving = new Map<string, number>();
  #left = 0;
  readonly #syncs = new Turnstile({ perKey: maxRegistrySyncs, inAll: maxRegistrySyncs });
  /** Those whose rows are about to come, and how many times. */
  readonly #coming = new Map<string, number>();

  private constructor(blobs: Blobs, names: GroupSync, isKnown: (sha256: string) => boolean) {
    this.#blobs = blobs;
    this.#names = names;
    this.#isKnown = isKnown;
  }

  /** `isKnown` tells whether a blob has a row. Files without one, which a death of the process has left, are removed. */
  static async open(blobs: Blobs, isKnown: (sha256: string) => boolean): Promise<BlobFiles> {
    blobs.discardTemporary();
    for (const sha256 of blobs.all()) if (!isKnown(sha256)) blobs.remove(sha256);
    return new BlobFiles(blobs, await GroupSync.open(blobs.folder), isKnown);
  }

  path(sha256: string): string {
    return this.#blobs.path(sha256);
  }

  /** A new file's path, on the file system of the blobs, to be placed or removed. It does not outlive the process. */
  temporary(): string {
    return this.#blobs.temporary();
  }

  /** Throws notFound. */
  async open(sha256: string): Promise<FileHandle> {
    try {
      return await open(this.#blobs.path(sha256), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new EngineError('notFound', `blob ${sha256} is not in the store`, { cause: error });
    }
  }

  /**
   * Gives the file at `path`, whose digest is known, its place on the disk, and then calls `commit`, which makes its row. The file is
   * moved. No collection takes it in between. Where `commit` throws, it goes again with the next collection.
   */
  async place(path: string, sha256: string, commit: () => void): Promise<void> {
    this.#coming.set(sha256, (this.#coming.get(sha256) ?? 0) + 1);
    try {
      this.#leaving.delete(sha256);
      await this.#syncs.pass('', () => this.#placeFile(path, sha256));
      await this.#names.sync();
      commit();
    } finally {
      const others = (this.#coming.get(sha256) ?? 1) - 1;
      if (others > 0) this.#coming.set(sha256, others);
      else {
        this.#coming.delete(sha256);
        if (!this.#isKnown(sha256)) this.leave(sha256);
      }
    }
  }

  async #placeFile(path: string, sha256: string): Promise<void> {
    // Also where it is there already: how long a push takes does not tell what others have (B04).
    await syncFile(path);
    if (!this.has(sha256) && !this.#blobs.borrow(sha256)) return this.#blobs.place(path, sha256);
    rmSync(path, { force: true });
    // It may have been placed at this moment, as a name of a file that is not on the disk yet.
    await this.#blobs.sync(sha256);
  }

  /** The row of this blob is going: its file goes with a later `removeLeaving`, unless it has a row then. */
  leave(sha256: string): void {
    this.#leaving.set(sha256, ++this.#left);
  }

  /** How many have left so far. */
  get left(): number {
    return this.#left;
  }

  /** Removes the files of the first `left`, of which it is on the disk that the rows are gone: a file goes after its row. */
  async removeLeaving(left: number): Promise<void> {
    for (const [sha256, number] of this.#leaving) {
      if (number > left) continue;
      this.#leaving.delete(sha256);
      if (this.#coming.has(sha256) || this.#isKnown(sha256) || !this.has(sha256)) continue;
      const away = this.#blobs.temporary();
      // Its name goes at once, before another push can have placed the same; the disk's work is not for this thread.
      renameSync(this.#blobs.path(sha256), away);
      await rm(away, { force: true });
    }
  }

  has(sha256: string): boolean {
    return this.#blobs.has(sha256);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#names[Symbol.asyncDispose]();
  }
}
