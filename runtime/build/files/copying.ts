// One source that is copied, with all below it. Blocks: for worker threads.

import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { LiveTree } from '../../archives/live-tree.ts';
import type { Attributes } from '../../store/tree.ts';
import { applyFileMode } from '../language/file-modes.ts';
import type { FilesDigest } from './files-digest.ts';
import type { CopyAction, Owner } from './files-job.ts';
import { Selection } from './selection.ts';
import type { OpenContent, SourceEntry, SourceTree } from './source-tree.ts';

/** Of the thread: memory of a file's own would cost more than to copy a small one. */
const chunk = Buffer.allocUnsafeSlow(256 * 1024);

const partsOf = (absolute: string): string[] => absolute.split('/').filter(Boolean);

/** Each is good until the next. */
export function* piecesOf({ fd, at, bytes }: OpenContent): Generator<Buffer> {
  for (let done = 0; done < bytes; ) {
    const length = fs.readSync(fd, chunk, 0, Math.min(chunk.length, bytes - done), at + done);
    if (length === 0) return;
    yield chunk.subarray(0, length);
    done += length;
  }
}

/** A directory that is made when something is put into it. */
interface Pending {
  readonly place: string;
  readonly relative: string;
  readonly entry: SourceEntry;
}

/** One source that is copied, with all below it. */
export class Copying {
  readonly #source: SourceTree;
  readonly #tree: LiveTree;
  readonly #action: CopyAction;
  readonly #owner: Owner | null;
  readonly #selection: Selection;
  readonly #digest: FilesDigest | null;
  /** Where files that have several names were copied to first. */
  readonly #copied = new Map<string, readonly string[]>();

  /** `digest` is told of all that is copied, after the source itself where that is a directory. */
  constructor(source: SourceTree, tree: LiveTree, action: CopyAction, owner: Owner | null, digest: FilesDigest | null) {
    this.#source = source;
    this.#tree = tree;
    this.#action = action;
    this.#owner = owner;
    this.#selection = new Selection(action);
    this.#digest = digest;
  }

  /**
   * What is in a directory and is selected, into one that is there, and keeps its owner and mode. `below`: where it is, relative to what
   * is copied; `pending`: directories above that are made when something in them is.
   */
  contents(from: string, to: string, below = '', pending: readonly Pending[] = []): void {
    let unmade = pending;
    for (const name of this.#source.names(from)) {
      const own = path.posix.join(from, name);
      const entry = this.#source.entry(own);
      if (!entry) this.#digest?.miss();
      if (!entry) continue;
      const place = path.posix.join(to, name);
      const relative = below === '' ? name : `${below}/${name}`;
      const isTaken = this.#selection.takes(relative);
      if (isTaken) unmade = this.#make(unmade);
      if (entry.kind !== 'directory') {
        if (isTaken) this.entry(own, place, entry, relative);
        continue;
      }
      if (isTaken) this.#directory({ place, relative, entry });
      else if (!this.#selection.mayTakeBelow(relative)) continue;
      this.contents(own, place, relative, isTaken ? [] : [...unmade, { place, relative, entry }]);
      if (isTaken) this.#tree.finishDirectory(partsOf(place), entry.mtime);
    }
  }

  /** Makes the directories that were waited with; none is left to wait. */
  #make(pending: readonly Pending[]): readonly Pending[] {
    for (const directory of pending) this.#directory(directory);
    return [];
  }

  #directory({ place, relative, entry }: Pending): void {
    this.#digest?.add(relative, entry, null);
    this.#tree.directory(partsOf(place), this.#attributes(entry));
  }

  /** `relative`: as in a digest. */
  entry(from: string, to: string, entry: SourceEntry, relative = ''): void {
    const attributes = this.#attributes(entry);
    if (entry.kind === 'file') {
      const content = this.#file(from, partsOf(to), attributes, entry.inode);
      this.#digest?.add(relative, entry, content);
      return;
    }
    this.#digest?.add(relative, entry, null);
    switch (entry.kind) {
      case 'symlink':
        this.#tree.symbolicLink(partsOf(to), entry.target, attributes);
        return;
      case 'fifo':
        this.#tree.fifo(partsOf(to), attributes);
        return;
      default:
        return; // a socket or a device: nothing that an image could have here
    }
  }

  /** What the digest is told of the content; null where it needs nothing. */
  #file(from: string, to: readonly string[], attributes: Attributes, inode: string | null): Hash | null {
    const first = inode === null ? undefined : this.#copied.get(inode);
    if (first) {
      this.#tree.hardLink(to, first);
      return null;
    }
    using content = this.#source.open(from);
    const hash = this.#digest && createHash('sha256');
    const file = this.#tree.startFile(to);
    try {
      for (const piece of piecesOf(content)) {
        this.#tree.write(file, piece);
        hash?.update(piece);
      }
    } catch (error) {
      fs.closeSync(file);
      throw error;
    }
    this.#tree.finishFile(file, attributes);
    if (inode !== null) this.#copied.set(inode, to);
    return hash;
  }

  #attributes({ kind, mode, uid, gid, mtime, extended }: SourceEntry): Attributes {
    return {
      ...(this.#owner ?? { uid, gid }),
      mode: this.#action.mode === null ? mode : applyFileMode(this.#action.mode, mode, kind === 'directory'),
      mtime,
      extended,
    };
  }
}
