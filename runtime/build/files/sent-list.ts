// The list of what a client has sent, as a file: a line of JSON for each thing, in the order of the paths. It may have 40,000 lines, so
// the engine's own thread reads and writes some lines at a time; whoever needs all of it is a worker thread.

import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { EngineError } from '../../errors.ts';
import type { EntryKind } from './sent-entry.ts';
import type { SentEntry } from './source-tree.ts';

/** What was sent to one build. Plain data: it goes to threads. */
export interface SentPlace {
  /** Holds the contents: a large one in a file of its own, under the hexadecimal digits of its digest, small ones in packs. */
  readonly directory: string;
  /** The list's file. */
  readonly list: string;
  /** Paths in the list that are taken for missing. */
  readonly without: readonly string[];
}

function lineOf({ path, kind, mode, size, mtimeNs, target, content }: SentEntry): string {
  const { file, at, digest } = content ?? { file: '', at: 0, digest: '' };
  return `${JSON.stringify([path, kind, mode, size, mtimeNs, target, file, at, digest])}\n`;
}

const kinds: ReadonlySet<unknown> = new Set<EntryKind>(['file', 'directory', 'symlink', 'fifo', 'socket', 'device']);
const isKind = (kind: unknown): kind is EntryKind => kinds.has(kind);

/** By hand: a schema's check takes longer than all else that is done with a line. */
function entryIn(line: string): SentEntry {
  const parts: unknown = JSON.parse(line);
  if (!Array.isArray(parts)) throw broken();
  const [path, kind, mode, size, mtimeNs, target, file, at, digest]: unknown[] = parts;
  if (
    !(typeof path === 'string' && isKind(kind) && typeof mode === 'number' && typeof size === 'number') ||
    !(typeof mtimeNs === 'string' && typeof target === 'string' && typeof file === 'string') ||
    !(typeof at === 'number' && typeof digest === 'string')
  )
    throw broken();
  return { path, kind, mode, size, mtimeNs, target, content: file === '' ? null : { file, at, digest } };
}

function broken(): EngineError {
  return new EngineError('dataLoss', 'a list of files that were sent has changed on the disk');
}

const pieceBytes = 64 * 1024;
/** They are written in a millisecond. */
const linesAtOnce = 1000;

/** Reads a list from its beginning. Each call blocks for as long as 64 KiB take at most. */
export class ListReader implements Disposable {
  readonly #fd: number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #piece = Buffer.allocUnsafe(pieceBytes);
  #lines: string[] = [];
  /** The next of `#lines`. */
  #at = 0;
  #rest = '';

  constructor(file: string) {
    this.#fd = fs.openSync(file, 'r');
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#fd);
  }

  /** Null at the end. */
  next(): SentEntry | null {
    while (this.#at === this.#lines.length) {
      const length = fs.readSync(this.#fd, this.#piece);
      if (length === 0) return null;
      const lines = (this.#rest + this.#decoder.write(this.#piece.subarray(0, length))).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#lines = lines;
      this.#at = 0;
    }
    return entryIn(this.#lines[this.#at++] ?? '');
  }
}

/** A new file. Others have the thread between its pieces. */
export async function writeList(file: string, entries: readonly SentEntry[]): Promise<void> {
  await using handle = await open(file, 'wx', 0o600);
  for (let at = 0; at < entries.length; at += linesAtOnce)
    await handle.writeFile(
      entries
        .slice(at, at + linesAtOnce)
        .map(lineOf)
        .join(''),
    );
}

/** All of it. Blocks: for worker threads. */
export function readList(file: string): SentEntry[] {
  using reader = new ListReader(file);
  const entries: SentEntry[] = [];
  for (let entry = reader.next(); entry; entry = reader.next()) entries.push(entry);
  return entries;
}

/** What was sent, as far as it is taken to be there. Blocks: for worker threads. */
export function entriesAt({ list, without }: SentPlace): readonly SentEntry[] {
  const entries = readList(list);
  return without.length === 0 ? entries : entries.filter(({ path }) => !without.includes(path));
}

/** How many things there are, how many of these are files, and what those hold. */
export function amountOf(entries: readonly SentEntry[]): { count: number; files: number; bytes: number } {
  const files = entries.filter(({ kind }) => kind === 'file');
  return { count: entries.length, files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}
