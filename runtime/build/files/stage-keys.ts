// Digests over files of a stage that are copied or mounted: names, contents, modes, owners, attributes and links, but no times, as in
// BuildKit; and which of them are one file, as a copy keeps that. Blocks: for worker threads.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { openInView } from '../../kernel/beneath.ts';
import { here } from '../../kernel/mounts.ts';
import type { Copied } from './content-keys.ts';
import { piecesOf } from './copying.ts';
import { matchesOf } from './glob.ts';
import { Selection } from './selection.ts';
import { MountedTree, type SourceEntry, type SourceTree } from './source-tree.ts';

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

export function stageKeys({ root: place, uidBase, copied, limits }: StageKeysJob): StageKeys {
  const root = openInView(here, place);
  try {
    const tree = new MountedTree(root, uidBase);
    const looked = { bytes: 0, entries: 0 };
    return { keys: copied.map((one) => stageKey(tree, one, limits, looked)), looked };
  } finally {
    fs.closeSync(root);
  }
}

/** Why there is no digest. */
class NoKey extends Error {}

/** Stands for what is no UTF-8 in a name: such a file cannot be opened by it. */
const undecoded = '\ufffd';

/** Links may lead to each other. */
const maxLinks = 255;

function stageKey(
  tree: SourceTree,
  { source, isPattern, includes = [], excludes = [] }: Copied,
  limits: LookLimits,
  looked: { bytes: number; entries: number },
): string | null {
  const selection = new Selection({ includes, excludes });
  const hash = createHash('sha256');
  const walk = new Walk(tree, selection, (line) => hash.update(line), limits, looked);
  try {
    for (const named of isPattern ? matchesOf(tree, source) : [source]) {
      // As in BuildKit, where it lies does not count: nothing that is made of it tells.
      hash.update(`= ${JSON.stringify(path.posix.basename(named))}\n`);
      walk.whole(followed(tree, named));
    }
    return `sha256:${hash.digest('hex')}`;
  } catch (error) {
    if (error instanceof NoKey) return null;
    throw error;
  }
}

/** A link that is named itself is followed, as far as it leads. */
function followed(tree: SourceTree, from: string): string {
  let at = from;
  for (let links = 0; links < maxLinks; links++) {
    const entry = tree.entry(at);
    if (entry?.kind !== 'symlink') return at;
    at = path.posix.resolve(path.posix.dirname(at), entry.target);
  }
  throw new NoKey();
}

/** Goes through what would be copied, as `Copying` does. */
class Walk {
  readonly #tree: SourceTree;
  readonly #selection: Selection;
  readonly #tell: (line: string) => void;
  readonly #limits: LookLimits;
  readonly #looked: { bytes: number; entries: number };
  /** Where files that have several names were first. */
  readonly #first = new Map<string, string>();

  constructor(
    tree: SourceTree,
    selection: Selection,
    tell: (line: string) => void,
    limits: LookLimits,
    looked: { bytes: number; entries: number },
  ) {
    this.#tree = tree;
    this.#selection = selection;
    this.#tell = tell;
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
      if (name.includes(undecoded)) throw new NoKey();
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

  #add(relative: string, at: string, { kind, mode, uid, gid, target, inode, extended }: SourceEntry): void {
    const first = inode === null ? undefined : this.#first.get(inode);
    if (inode !== null && first === undefined) this.#first.set(inode, relative);
    const attributes = extended.map(([name, value]) => [name, value.toString('base64')]).sort();
    const content = kind === 'file' && first === undefined ? this.#content(at) : null;
    this.#tell(`${JSON.stringify([relative, kind, mode, uid, gid, target, first ?? null, attributes, content])}\n`);
  }

  #content(at: string): string {
    using content = this.#tree.open(at);
    const hash = createHash('sha256');
    for (const piece of piecesOf(content)) {
      this.#looked.bytes += piece.length;
      if (this.#looked.bytes > this.#limits.bytes) throw new NoKey();
      hash.update(piece);
    }
    return hash.digest('hex');
  }
}
