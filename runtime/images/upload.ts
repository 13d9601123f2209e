// What a client sends for `import`, and what else is on its way into the store: files whose names are the engine's own, within limits.

import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { limiter } from '../store/limiter.ts';

/** A new directory of this engine's own. Removed when disposed of. */
export class Upload {
  readonly directory: string;

  constructor(uploads: string) {
    this.directory = `${uploads}/${randomUUID()}`;
    mkdirSync(this.directory, { mode: 0o700 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Stores the whole stream as one file, and gives its path. Throws tooLarge beyond `maxBytes`. */
  async receiveFile(content: Readable, maxBytes: number, signal: AbortSignal): Promise<string> {
    const path = `${this.directory}/content`;
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    await pipeline(content, limiter(maxBytes, tooLong), file, { signal });
    return path;
  }
}

/** Said of an archive of over so many bytes. */
export const tooLong = (most: number): string =>
  `the archive is over ${most} bytes, which is what this host may still bring in`;
