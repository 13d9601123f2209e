// Digests over those of a client's files that instructions copy: names, contents, modes and links, but no times, as in BuildKit. Blocks:
// for worker threads.

import { createHash } from 'node:crypto';
import path from 'node:path';
import type { CopyAction } from '../language/steps.ts';
import { matchesOf } from './glob.ts';
import { Selection } from './selection.ts';
import { entriesAt, type SentPlace } from './sent-list.ts';
import { type SentEntry, SentTree } from './source-tree.ts';

/** What is copied, or mounted. */
export type Copied = Pick<CopyAction, 'source' | 'isPattern'> & Partial<Pick<CopyAction, 'includes' | 'excludes'>>;

/** A digest, or why there is none: what is said behind `failed to calculate checksum`. */
export type ContentKey = { readonly digest: string } | { readonly failure: string };

/** One for each of `copied`. Wildcards may match nothing. */
export function contentKeys(place: SentPlace, copied: readonly Copied[]): ContentKey[] {
  const entries = entriesAt(place);
  const tree = new SentTree(place.directory, entries);
  const places = new Map(entries.map(({ path }, at) => [`/${path}`, at]));
  return copied.map((one) => contentKey(tree, entries, places, one));
}

function contentKey(
  tree: SentTree,
  entries: readonly SentEntry[],
  places: ReadonlyMap<string, number>,
  action: Copied,
): ContentKey {
  const found = action.isPattern ? matchesOf(tree, action.source) : [action.source];
  const selection = new Selection({ includes: [], excludes: [], ...action });
  const hash = createHash('sha256');
  for (const named of found) {
    const clean = path.posix.normalize(named).replace(/\/+$/, '') || '/';
    const at = tree.followed(clean);
    const entry = tree.entry(at);
    if (!entry) return { failure: `${JSON.stringify(clean)}: not found` };
    if (entry.kind === 'symlink') return { failure: 'too many links' };
    hash.update(`= ${clean}\n`);
    for (const line of linesOf(entries, places.get(at) ?? 0, at, selection)) hash.update(line);
  }
  return { digest: `sha256:${hash.digest('hex')}` };
}

/**
 * `at` and all below it, which stands behind it in the list: `first` is its place there. Directories that are not selected count where
 * something in them is: they are copied with it.
 */
function* linesOf(entries: readonly SentEntry[], first: number, at: string, selection: Selection): Generator<string> {
  const inside = at === '/' ? '' : `${at.slice(1)}/`;
  const lineOf = ({ path, kind, mode, target, content }: SentEntry): string =>
    `${JSON.stringify([path.slice(inside.length), kind, mode, target, content?.digest ?? null])}\n`;
  let untold: SentEntry[] = [];
  for (let index = first; index < entries.length; index++) {
    const entry = entries[index];
    if (!entry) return;
    const isItself = `/${entry.path}` === at;
    if (!isItself && !entry.path.startsWith(inside)) return;
    if (untold.length > 0) untold = untold.filter(({ path }) => entry.path.startsWith(`${path}/`));
    if (!isItself && !selection.takes(entry.path.slice(inside.length))) {
      if (entry.kind === 'directory') untold.push(entry);
      continue;
    }
    for (const above of untold.splice(0)) yield lineOf(above);
    yield lineOf(entry);
  }
}
