// Brings a file or a directory to the disk, off the engine's own thread: those who ask while it is being done wait for the next
// time, all together, so that a hundred at once cost two syncs.

import { type FileHandle, open } from 'node:fs/promises';
import { at } from '../errors.ts';

export class GroupSync implements AsyncDisposable {
  readonly #file: FileHandle;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #failure: unknown = null;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Of the file or directory at `path`, which is there. */
  static async open(path: string): Promise<GroupSync> {
    return new GroupSync(await open(path, 'r'));
  }

  /**
   * Resolves when all that was written before the call is on the disk. Throws where it is not; from then on always, since the
   * kernel tells of a lost write only once.
   */
  sync(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#sync().finally(() => {
        this.#running = null;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.sync();
      });
    return this.#next;
  }

  async #sync(): Promise<void> {
    if (this.#failure === null) {
      try {
        return await this.#file.sync();
      } catch (error) {
        this.#failure = error;
      }
    }
    throw at('bring to the disk', this.#failure);
  }

  /** After what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#running ?? this.#next) await (this.#running ?? this.#next)?.catch(() => undefined);
    await this.#file.close();
  }
}
