// One source that is copied, with all below it. Blocks: for worker threads.

import fs from 'node:fs';
import path from 'node:path';
import type { LiveTree } from '../../archives/live-tree.ts';
import type { Attributes } from '../../store/tree.ts';
import { applyFileMode } from '../language/file-modes.ts';
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
  readonly entry: SourceEntry;
}

/** One source that is copied, with all below it. */
export class Copying {
  readonly #source: SourceTree;
  readonly #tree: LiveTree;
  readonly #action: CopyAction;
  readonly #owner: Owner | null;
  readonly #selection: Selection;
  /** Where files that have several names were copied to first. */
  readonly #copied = new Map<string, readonly string[]>();

  constructor(source: SourceTree, tree: LiveTree, action: CopyAction, owner: Owner | null) {
    this.#source = source;
    this.#tree = tree;
    this.#action = action;
    this.#owner = owner;
    this.#selection = new Selection(action);
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
      if (!entry) continue;
      const place = path.posix.join(to, name);
      const relative = below === '' ? name : `${below}/${name}`;
      const isTaken = this.#selection.takes(relative);
      if (isTaken) unmade = this.#make(unmade);
      if (entry.kind !== 'directory') {
        if (isTaken) this.entry(own, place, entry);
        continue;
      }
      if (isTaken) this.#tree.directory(partsOf(place), this.#attributes(entry));
      else if (!this.#selection.mayTakeBelow(relative)) continue;
      this.contents(own, place, relative, isTaken ? [] : [...unmade, { place, entry }]);
      if (isTaken) this.#tree.finishDirectory(partsOf(place), entry.mtime);
    }
  }

  /** Makes the directories that were waited with; none is left to wait. */
  #make(pending: readonly Pending[]): readonly Pending[] {
    for (const { place, entry } of pending) this.#tree.directory(partsOf(place), this.#attributes(entry));
    return [];
  }

  entry(from: string, to: string, entry: SourceEntry): void {
    const attributes = this.#attributes(entry);
    switch (entry.kind) {
      case 'symlink':
        this.#tree.symbolicLink(partsOf(to), entry.target, attributes);
        return;
      case 'fifo':
        this.#tree.fifo(partsOf(to), attributes);
        return;
      case 'file':
        this.#file(from, partsOf(to), attributes, entry.inode);
        return;
      default:
        return; // a socket or a device: nothing that an image could have here
    }
  }

  #file(from: string, to: readonly string[], attributes: Attributes, inode: string | null): void {
    const first = inode === null ? undefined : this.#copied.get(inode);
    if (first) {
      this.#tree.hardLink(to, first);
      return;
    }
    using content = this.#source.open(from);
    const file = this.#tree.startFile(to);
    try {
      for (const piece of piecesOf(content)) this.#tree.write(file, piece);
    } catch (error) {
      fs.closeSync(file);
      throw error;
    }
    this.#tree.finishFile(file, attributes);
    if (inode !== null) this.#copied.set(inode, to);
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
