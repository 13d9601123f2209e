// Takes what a client sends: a list, and contents in a directory, large ones in files of their own, small ones in a pack. No path is made of
// a client's names.

import { createHash, hash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { EngineError } from '../../errors.ts';
import { maxContextNameBytes, maxOpenContextFiles, smallContextFileBytes } from '../../limits.ts';
import { PackWriter, type Place } from './pack.ts';
import { type Entry, isBefore, type Receiver } from './sent-entry.ts';
import { ListReader } from './sent-list.ts';
import type { SentEntry } from './source-tree.ts';

/** A file that is coming: small ones are held until they are whole. */
interface Coming {
  readonly index: number;
  /** Other names of it in the list. */
  readonly links: number[];
  /** What was not written yet. */
  pieces: Buffer[];
  gathered: number;
  bytes: number;
  file: LargeFile | null;
}

interface LargeFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly hash: ReturnType<typeof createHash>;
}

export interface IntoOptions {
  /** The list of what came before, whose contents are in the directory; null where nothing did. */
  readonly before: string | null;
  readonly maxBytes: number;
}

/** Throws tooLarge, and what the file system throws. To be finished when all has come, and closed, however it ends. */
export class ReceivingInto implements Receiver {
  readonly entries: SentEntry[] = [];
  readonly #directory: string;
  readonly #before: Before;
  readonly #options: IntoOptions;
  /** Where each file is in the list. */
  readonly #files = new Map<string, number>();
  readonly #coming = new Map<number, Coming>();
  readonly #pack: PackWriter;
  /** What is in the pack, by digest. */
  readonly #packed = new Map<string, Place>();
  #started = 0;
  #bytes = 0;
  #nameBytes = 0;

  constructor(directory: string, options: IntoOptions) {
    this.#directory = directory;
    this.#before = new Before(options.before);
    this.#options = options;
    this.#pack = new PackWriter(directory);
  }

  /** Whether all of it is as it was before. */
  get isSame(): boolean {
    return this.#before.isAllSame;
  }

  entry({ path, kind, mode, size, mtimeNs, target }: Entry): boolean {
    const entry = { path, kind, mode, size, mtimeNs: String(mtimeNs), target, content: null };
    const index = this.entries.length;
    const before = this.#before.of(entry);
    this.#nameBytes += path.length + target.length;
    if (this.#nameBytes > maxContextNameBytes)
      throw new EngineError(
        'tooLarge',
        `the names of the files in the build context hold over ${maxContextNameBytes} bytes: leave some out with .dockerignore`,
      );
    if (kind === 'file' && target !== '') {
      this.#link(entry, this.#files.get(target));
      this.#before.isAllSame = false;
      return false;
    }
    if (kind === 'file') this.#files.set(path, index);
    if (kind !== 'file') {
      this.entries.push(entry);
      return false;
    }
    if (before?.content && before.size === size && before.mtimeNs === entry.mtimeNs) {
      this.entries.push({ ...entry, content: before.content });
      return false;
    }
    this.#before.isAllSame = false;
    this.entries.push(entry);
    this.#coming.set(index, { index, links: [], pieces: [], gathered: 0, bytes: 0, file: null });
    return true;
  }

  /** Another name for an earlier file, which may be coming still. Throws invalid where there is none. */
  #link(entry: SentEntry, first: number | undefined): void {
    if (first === undefined)
      throw new EngineError(
        'invalid',
        `${JSON.stringify(entry.path.slice(0, 200))} is a link to ${JSON.stringify(entry.target.slice(0, 200))}, which was not sent before it`,
      );
    const { path, size, content } = this.entries[first] ?? { path: entry.target, size: 0, content: null };
    const index = this.entries.push({ ...entry, target: path, size, content }) - 1;
    // A link to it is one to the first.
    this.#files.set(entry.path, first);
    const coming = this.#coming.get(first);
    if (coming) coming.links.push(index);
  }

  data(id: number, bytes: Uint8Array): void | Promise<void> {
    const coming = this.#get(id);
    this.#bytes += bytes.length;
    if (this.#bytes > this.#options.maxBytes)
      throw new EngineError(
        'tooLarge',
        `the build context is over ${this.#options.maxBytes} bytes: leave some of it out with .dockerignore`,
      );
    if (coming.bytes === 0 && ++this.#started > maxOpenContextFiles)
      throw new EngineError('exhausted', 'too many files are sent at once');
    coming.bytes += bytes.length;
    coming.gathered += bytes.length;
    // What comes is a part of something larger.
    coming.pieces.push(Buffer.from(bytes));
    if (coming.gathered > smallContextFileBytes) return this.#write(coming);
  }

  async #write(coming: Coming): Promise<void> {
    coming.file ??= await this.#begin();
    const bytes = Buffer.concat(coming.pieces, coming.gathered);
    coming.pieces = [];
    coming.gathered = 0;
    coming.file.hash.update(bytes);
    await coming.file.handle.writeFile(bytes);
  }

  async #begin(): Promise<LargeFile> {
    const path = `${this.#directory}/.${randomUUID()}`;
    return { path, handle: await open(path, 'wx', 0o600), hash: createHash('sha256') };
  }

  end(id: number): void | Promise<void> {
    const coming = this.#get(id);
    if (coming.bytes > 0) this.#started -= 1;
    if (coming.file) return this.#endLarge(id, coming, coming.file);
    const content = coming.pieces.length === 1 ? coming.pieces[0] : Buffer.concat(coming.pieces, coming.gathered);
    if (!content) throw new EngineError('internal', 'a file without a piece');
    const digest = hash('sha256', content);
    const place = this.#packed.get(digest) ?? this.#pack.add(content);
    this.#packed.set(digest, place);
    this.#put(id, coming, { ...place, digest: `sha256:${digest}` });
    if (this.#pack.isFull) return this.#pack.flush();
  }

  async #endLarge(id: number, coming: Coming, { handle, path, hash }: LargeFile): Promise<void> {
    await this.#write(coming);
    await handle.close();
    const file = hash.digest('hex');
    await rename(path, `${this.#directory}/${file}`);
    this.#put(id, coming, { file, at: 0, digest: `sha256:${file}` });
  }

  #put(id: number, { index, links, bytes }: Coming, content: NonNullable<SentEntry['content']>): void {
    this.#coming.delete(id);
    for (const at of [index, ...links]) {
      const entry = this.entries[at];
      if (!entry) throw new EngineError('internal', 'a file has come that was not listed');
      this.entries[at] = { ...entry, size: bytes, content };
    }
  }

  #get(id: number): Coming {
    const coming = this.#coming.get(id);
    if (!coming) throw new EngineError('internal', 'a file comes that was not asked for');
    return coming;
  }

  /** All contents are where the entries say. */
  async finish(): Promise<void> {
    await this.#pack.flush();
  }

  async close(): Promise<void> {
    await this.#pack.close().catch(() => undefined);
    this.#before[Symbol.dispose]();
    for (const { file } of this.#coming.values()) {
      await file?.handle.close().catch(() => undefined);
      if (file) await rm(file.path, { force: true });
    }
  }
}

/** The list of before, gone through beside the new one: both are in order. */
class Before implements Disposable {
  readonly #reader: ListReader | null;
  #next: SentEntry | null;
  #isAllSame: boolean;

  constructor(list: string | null) {
    this.#reader = list === null ? null : new ListReader(list);
    this.#next = this.#reader?.next() ?? null;
    this.#isAllSame = list !== null;
  }

  [Symbol.dispose](): void {
    this.#reader?.[Symbol.dispose]();
  }

  get isAllSame(): boolean {
    return this.#isAllSame && this.#next === null;
  }

  set isAllSame(isIt: boolean) {
    this.#isAllSame = isIt;
  }

  /** What was there under its path, if it was of its kind. */
  of({ path, kind, mode, mtimeNs, target }: SentEntry): SentEntry | null {
    const parts = path.split('/');
    while (this.#next && this.#next.path !== path && isBefore(this.#next.path.split('/'), parts)) this.#skip();
    const found = this.#next;
    if (found?.path !== path) {
      this.#isAllSame = false;
      return null;
    }
    this.#next = this.#reader?.next() ?? null;
    const isSame = found.kind === kind && found.mode === mode && found.mtimeNs === mtimeNs && found.target === target;
    if (!isSame) this.#isAllSame = false;
    return found.kind === kind ? found : null;
  }

  #skip(): void {
    this.#isAllSame = false;
    this.#next = this.#reader?.next() ?? null;
  }
}
