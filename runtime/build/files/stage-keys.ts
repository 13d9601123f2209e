// Tells digests of files of a stage that are to be copied or mounted. Blocks: for worker threads.

import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { openInView } from '../../kernel/beneath.ts';
import { here } from '../../kernel/mounts.ts';
import type { Copied } from './content-keys.ts';
import { piecesOf } from './copying.ts';
import { FilesDigest } from './files-digest.ts';
import { matchesOf } from './glob.ts';
import { Selection } from './selection.ts';
import { linkEnd, MountedTree, type SourceEntry, type SourceTree } from './source-tree.ts';

/** Looks at files of a tree in a mount namespace, of which `mounts` is a descriptor. */
export interface StageKeysJob {
  readonly kind: 'stage-keys';
  readonly mounts: number;
  readonly root: string;
  /** The host's root on the machine. */
  readonly uidBase: number;
  readonly copied: readonly Copied[];
  readonly limits: LookLimits;
}

export interface LookLimits {
  readonly bytes: number;
  readonly entries: number;
}

export interface StageKeys {
  /** One for each of `copied`; null where nothing is there, where there is more than the limits allow, or a name that is no UTF-8. */
  readonly keys: readonly (string | null)[];
  readonly looked: LookLimits;
}

export function stageKeys(job: StageKeysJob): StageKeys {
  const root = openInView(here, job.root);
  try {
    return stageKeysIn(root, job);
  } finally {
    fs.closeSync(root);
  }
}

/** The same of a directory, of which `root` is a descriptor. */
export function stageKeysIn(
  root: number,
  { uidBase, copied, limits }: Pick<StageKeysJob, 'uidBase' | 'copied' | 'limits'>,
): StageKeys {
  const tree = new MountedTree(root, uidBase);
  const looked = { bytes: 0, entries: 0 };
  return { keys: copied.map((one) => stageKey(tree, one, limits, looked)), looked };
}

/** Why there is no digest. */
class NoKey extends Error {}

function stageKey(
  tree: SourceTree,
  { source, isPattern, includes = [], excludes = [] }: Copied,
  limits: LookLimits,
  looked: { bytes: number; entries: number },
): string | null {
  const digest = new FilesDigest();
  const selection = new Selection({ includes, excludes });
  try {
    for (const named of isPattern ? matchesOf(tree, source) : [source]) {
      digest.source(named);
      const from = linkEnd(tree, named);
      if (from === null) return null;
      new Walk(tree, selection, digest, limits, looked).whole(from);
    }
    return digest.digest();
  } catch (error) {
    if (error instanceof NoKey) return null;
    throw error;
  }
}

/** Goes through what would be copied, and tells of it as `Copying` does. */
class Walk {
  readonly #tree: SourceTree;
  readonly #selection: Selection;
  readonly #digest: FilesDigest;
  readonly #limits: LookLimits;
  readonly #looked: { bytes: number; entries: number };
  /** Files that have several names. */
  readonly #told = new Set<string>();

  constructor(
    tree: SourceTree,
    selection: Selection,
    digest: FilesDigest,
    limits: LookLimits,
    looked: { bytes: number; entries: number },
  ) {
    this.#tree = tree;
    this.#selection = selection;
    this.#digest = digest;
    this.#limits = limits;
    this.#looked = looked;
  }

  whole(at: string): void {
    const entry = this.#entry(at);
    this.#add('', at, entry);
    if (entry.kind === 'directory') this.#contents(at, '', []);
  }

  /** `pending`: directories above that count when something in them does. */
  #contents(at: string, below: string, pending: readonly (() => void)[]): void {
    let untold = pending;
    for (const name of this.#tree.names(at)) {
      const own = path.posix.join(at, name);
      const relative = below === '' ? name : `${below}/${name}`;
      const entry = this.#entry(own);
      const isTaken = this.#selection.takes(relative);
      if (isTaken) {
        for (const tell of untold) tell();
        untold = [];
        this.#add(relative, own, entry);
      }
      if (entry.kind !== 'directory') continue;
      if (isTaken) this.#contents(own, relative, []);
      else if (this.#selection.mayTakeBelow(relative))
        this.#contents(own, relative, [...untold, () => this.#add(relative, own, entry)]);
    }
  }

  #entry(at: string): SourceEntry {
    this.#looked.entries += 1;
    const entry = this.#looked.entries > this.#limits.entries ? null : this.#tree.entry(at);
    if (!entry) throw new NoKey();
    return entry;
  }

  #add(relative: string, at: string, entry: SourceEntry): void {
    const { kind, inode } = entry;
    const isTold = inode !== null && this.#told.has(inode);
    if (inode !== null) this.#told.add(inode);
    this.#digest.add(relative, entry, kind === 'file' && !isTold ? this.#content(at) : null);
  }

  #content(at: string): Hash {
    using content = this.#tree.open(at);
    const hash = createHash('sha256');
    for (const piece of piecesOf(content)) {
      this.#looked.bytes += piece.length;
      if (this.#looked.bytes > this.#limits.bytes) throw new NoKey();
      hash.update(piece);
    }
    return hash;
  }
}
