// Small contents of what a client has sent, one after the other in one file: to make a file for each costs more than to receive it.

import { randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { smallContextFileBytes } from '../../limits.ts';

/** Written at a time. */
const batchBytes = 256 * 1024;

const prefix = 'pack-';

/** Whether a file of contents has many of them. */
export function isPack(file: string): boolean {
  return file.startsWith(prefix);
}

/** Where a content is: in a file of the directory of contents, from a byte on. */
export interface Place {
  readonly file: string;
  readonly at: number;
}

/** To be flushed in the end, and closed, however it ends. Nothing is made where nothing is added. */
export class PackWriter {
  readonly file = `${prefix}${randomUUID()}`;
  readonly #path: string;
  #handle: FileHandle | null = null;
  /** Not written yet: the first `#filled` bytes. */
  #batch: Buffer | null = null;
  #filled = 0;
  #written = 0;

  constructor(directory: string) {
    this.#path = `${directory}/${this.file}`;
  }

  /** Where a content of `smallContextFileBytes` at most will be. To be followed by `flush` where `isFull`. */
  add(content: Uint8Array): Place {
    this.#batch ??= Buffer.allocUnsafeSlow(batchBytes + smallContextFileBytes);
    const at = this.#written + this.#filled;
    this.#batch.set(content, this.#filled);
    this.#filled += content.length;
    return { file: this.file, at };
  }

  get isFull(): boolean {
    return this.#filled >= batchBytes;
  }

  async flush(): Promise<void> {
    // Also where it has nothing but empty contents: they are read from it.
    if (!this.#batch) return;
    this.#handle ??= await open(this.#path, 'wx', 0o600);
    await this.#handle.writeFile(this.#batch.subarray(0, this.#filled));
    this.#written += this.#filled;
    this.#filled = 0;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }
}
