// Content-addressed blobs: `DIRECTORY/sha256/HEX`, as in an OCI image layout.
//
// A blob under its name is whole and has that digest: it is hashed while it is written to a temporary file, brought to the
// disk, and only then renamed. The blob of a layer reaches the disk with its layer, and counts only with it (settling.ts). Putting what
// is there already is no error. What is found to differ is never handed out.

import { createHash, randomUUID } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { at, EngineError } from '../errors.ts';

export interface Blob {
  readonly digest: string;
  readonly size: number;
}

const temporaryPrefix = '.new-';
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Throws invalid where `digest` is not a sha256 digest: it stands in paths. */
export function checkDigest(digest: string): string {
  if (!digestPattern.test(digest)) throw new EngineError('invalid', `${JSON.stringify(digest)} is not a sha256 digest`);
  return digest;
}

export function digestOf(content: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** Not on the engine's own thread: a layer may take seconds to reach the disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

export class Blobs {
  readonly #directory: string;
  readonly #others: Blobs[] = [];

  /** `directory` is made where it is missing. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(`${directory}/sha256`, { recursive: true, mode: 0o755 });
  }

  /** Where the names of the blobs stand. */
  get folder(): string {
    return `${this.#directory}/sha256`;
  }

  /**
   * From now on a blob that both have is one file, with a name in each: either may remove its own. Both are on one file system, and
   * neither changes a file that has its name.
   */
  shareWith(other: Blobs): void {
    this.#others.push(other);
    other.#others.push(this);
  }

  path(digest: string): string {
    return `${this.#directory}/sha256/${checkDigest(digest).slice('sha256:'.length)}`;
  }

  /** The digests of all blobs; what is still being written is none. */
  all(): string[] {
    return readdirSync(`${this.#directory}/sha256`).map((hex) => `sha256:${hex}`);
  }

  has(digest: string): boolean {
    return existsSync(this.path(digest));
  }

  size(digest: string): number {
    return statSync(this.path(digest)).size;
  }

  /** A small blob's content, verified. Throws notFound, tooLarge, or dataLoss where it is not what it was. */
  read(digest: string, maxBytes: number): Buffer {
    const path = this.path(digest);
    if (!existsSync(path)) throw new EngineError('notFound', `blob ${digest} is not in the store`);
    if (statSync(path).size > maxBytes) throw new EngineError('tooLarge', `blob ${digest} is over ${maxBytes} bytes`);
    const content = readFileSync(path);
    if (digestOf(content) !== digest) throw new EngineError('dataLoss', `blob ${digest} has changed on the disk`);
    return content;
  }

  /** Removes what writing cut short has left. Only where nobody else writes to the directory. */
  discardTemporary(): void {
    for (const name of readdirSync(this.#directory)) {
      if (name.startsWith(temporaryPrefix)) rmSync(`${this.#directory}/${name}`, { force: true });
    }
  }

  /** A new file's path beside the blobs, for what is yet to be hashed. The caller adopts it or removes it. */
  temporary(): string {
    return `${this.#directory}/${temporaryPrefix}${randomUUID()}`;
  }

  /** Gives a blob that one of the others has its name here too. False where none has it. Idempotent. */
  borrow(digest: string): boolean {
    const path = this.path(digest);
    for (const other of this.#others) {
      try {
        linkSync(other.path(digest), path);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return true;
        // It is not there, or its file has as many names as it may.
      }
    }
    return false;
  }

  /**
   * Gives the finished file at `path` (on this file system) its place, or drops it where another store shares the same. The caller
   * answers for the digest. Idempotent.
   */
  async adopt(path: string, digest: string): Promise<void> {
    if (!this.borrow(digest)) {
      await syncFile(path);
      this.place(path, digest);
      return;
    }
    rmSync(path, { force: true });
    await this.sync(digest);
  }

  /** Brings the content of a blob to the disk, where it is not yet. */
  async sync(digest: string): Promise<void> {
    await syncFile(this.path(digest));
  }

  /** The same, without bringing it to the disk: for a blob that belongs to a layer. */
  place(path: string, digest: string): void {
    renameSync(path, this.path(digest));
  }

  /** Stores a stream. Throws tooLarge beyond `maxBytes`, dataLoss where it does not hash to `expected`. */
  async put(content: Readable, options: { maxBytes: number; expected?: string; signal?: AbortSignal }): Promise<Blob> {
    const temporary = this.temporary();
    const hash = createHash('sha256');
    let size = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        size += chunk.length;
        if (size <= options.maxBytes) done(null, chunk);
        else done(new EngineError('tooLarge', `it is over ${options.maxBytes} bytes`));
      },
    });
    const file = createWriteStream(temporary, { flags: 'wx', mode: 0o644 });
    try {
      await pipeline(content, count, file, options.signal ? { signal: options.signal } : {});
      const digest = `sha256:${hash.digest('hex')}`;
      if (options.expected !== undefined && digest !== options.expected) {
        throw new EngineError('dataLoss', `it has the digest ${digest}, not ${options.expected}`);
      }
      await this.adopt(temporary, digest);
      return { digest, size };
    } catch (error) {
      rmSync(temporary, { force: true });
      throw at('write blob', error);
    }
  }

  /** Stores a document; its digest is its name. */
  putDocument(content: string | Uint8Array): Blob {
    const digest = digestOf(content);
    const temporary = this.temporary();
    writeFileSync(temporary, content, { flag: 'wx', mode: 0o644, flush: true });
    renameSync(temporary, this.path(digest));
    return { digest, size: Buffer.byteLength(content) };
  }

  /** Idempotent. */
  remove(digest: string): void {
    rmSync(this.path(digest), { force: true });
  }
}
