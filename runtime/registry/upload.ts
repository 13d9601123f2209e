// One upload: a file that grows, hashed as it grows. Whoever sends decides how much comes at once, and may come back after a cut.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { at, EngineError } from '../errors.ts';
import { maxRegistryWrites, sendPieceBytes, uploadPieceBytes } from '../limits.ts';
import { Turnstile } from '../turnstile.ts';
import type { Algorithm } from './names.ts';

type Hashes = ReadonlyMap<Algorithm, Hash>;

export interface UploadPlace {
  readonly id: string;
  readonly repository: string;
  /** What the file is hashed by as it grows, besides sha256. */
  readonly algorithm: Algorithm;
  readonly path: string;
  /** Of the file as it is. */
  readonly size: number;
}

export class Upload {
  readonly id: string;
  readonly repository: string;
  readonly algorithm: Algorithm;
  readonly path: string;
  #size: number;
  /** Of all that is in the file; null where it has to be read again to know. */
  #hashes: Hashes | null;
  #taken: { readonly abort: AbortController; readonly left: Promise<void> } | null = null;

  constructor({ id, repository, algorithm, path, size }: UploadPlace) {
    this.id = id;
    this.repository = repository;
    this.algorithm = algorithm;
    this.path = path;
    this.#size = size;
    this.#hashes = size === 0 ? newHashes([algorithm]) : null;
  }

  /** Bytes that are in the file. */
  get size(): number {
    return this.#size;
  }

  /**
   * Does `work` alone. A work before it is told to end by its signal: whoever comes back has lost the connection of that one, which
   * may not be known here yet.
   */
  async alone<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    while (this.#taken) {
      this.end(new EngineError('conflict', 'the upload goes on in another request'));
      await this.#taken.left;
    }
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const abort = new AbortController();
    this.#taken = { abort, left };
    try {
      return await work(abort.signal);
    } catch (error) {
      // What fails then fails because of it: its file may have gone.
      throw abort.signal.aborted ? abort.signal.reason : error;
    } finally {
      this.#taken = null;
      leave();
    }
  }

  /** Whether some work goes on. */
  get isBusy(): boolean {
    return this.#taken !== null;
  }

  /** Tells the work that goes on to end, with `reason`. */
  end(reason: Error): void {
    this.#taken?.abort.abort(reason);
  }

  /**
   * Adds what `body` holds. `admit` is told of each piece before it counts: it resolves when the piece may be taken, and throws where it
   * is too much. Where this throws, what came before is in the file.
   */
  async append(body: Readable, admit: (bytes: number) => Promise<void>, signal: AbortSignal): Promise<void> {
    const hashes = this.#hashes;
    // Until the file and the hashes agree again.
    this.#hashes = null;
    const file = await open(this.path, 'r+');
    const writer = new Writer(file, this.#size);
    const end = (): void => void body.destroy(signal.reason);
    signal.addEventListener('abort', end);
    let hashed = this.#size;
    try {
      if (signal.aborted) end();
      for await (const piece of body.iterator({ destroyOnReturn: false })) {
        await admit(piece.length);
        for (const hash of hashes?.values() ?? []) hash.update(piece);
        hashed += piece.length;
        await writer.add(piece);
      }
    } finally {
      signal.removeEventListener('abort', end);
      await this.#finish(writer).finally(() => file.close());
      if (hashed === this.#size) this.#hashes = hashes;
    }
  }

  async #finish(writer: Writer): Promise<void> {
    try {
      await writer.finish();
    } finally {
      this.#size = writer.end;
    }
  }

  /** The file's digests by sha256 and by `algorithm`, which it may have to be read for. */
  async digests(algorithm: Algorithm, signal: AbortSignal): Promise<ReadonlyMap<Algorithm, string>> {
    let hashes = this.#hashes;
    if (!hashes?.has(algorithm)) {
      hashes = newHashes([this.algorithm, algorithm]);
      const stream = createReadStream(this.path, { highWaterMark: sendPieceBytes, signal });
      for await (const piece of stream) for (const hash of hashes.values()) hash.update(piece);
      this.#hashes = hashes;
    }
    return new Map([...hashes].map(([name, hash]) => [name, `${name}:${hash.copy().digest('hex')}`]));
  }

  async sha256(signal: AbortSignal): Promise<string> {
    return (await this.digests('sha256', signal)).get('sha256') ?? '';
  }
}

function newHashes(algorithms: readonly Algorithm[]): Hashes {
  // The file is named by its sha256, whatever else it is known by.
  return new Map([...new Set<Algorithm>(['sha256', ...algorithms])].map((name) => [name, createHash(name)]));
}

const writes = new Turnstile({ perKey: maxRegistryWrites, inAll: maxRegistryWrites });

/** Writes pieces at the end of a file, several at once, while the next ones are gathered. */
class Writer {
  readonly #file: FileHandle;
  #pieces: Buffer[] = [];
  #gathered = 0;
  #end: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  async add(piece: Buffer): Promise<void> {
    this.#pieces.push(piece);
    this.#gathered += piece.length;
    if (this.#gathered < uploadPieceBytes) return;
    await this.#writing;
    this.#write();
  }

  #write(): void {
    const [pieces, bytes] = [this.#pieces, this.#gathered];
    this.#pieces = [];
    this.#gathered = 0;
    this.#writing = this.#writeAll(pieces, bytes);
    // It is looked at before the next write, or at the end.
    this.#writing.catch(() => undefined);
  }

  async #writeAll(pieces: readonly Buffer[], bytes: number): Promise<void> {
    try {
      const { bytesWritten } = await writes.pass('', () => this.#file.writev(pieces, this.#end));
      this.#end += bytesWritten;
      if (bytesWritten < bytes) throw new EngineError('noSpace', 'no space left on the disk');
    } catch (error) {
      throw at('write upload', error);
    }
  }

  /** Up to where it is written. */
  get end(): number {
    return this.#end;
  }

  /** Writes the rest. */
  async finish(): Promise<void> {
    await this.#writing;
    if (this.#gathered > 0) this.#write();
    await this.#writing;
  }
}
