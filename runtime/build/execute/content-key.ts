// A digest over those of a client's files that an instruction copies: names, contents, modes and links, but no times, as in BuildKit.

import path from 'node:path';
import { digestOf } from '../../store/blobs.ts';
import { matchesOf } from '../files/glob.ts';
import { Selection } from '../files/selection.ts';
import type { SentEntry, SentTree } from '../files/source-tree.ts';
import type { CopyAction } from '../language/steps.ts';

/** What is copied, or mounted. */
export type Copied = Pick<CopyAction, 'source' | 'isPattern'> & Partial<Pick<CopyAction, 'includes' | 'excludes'>>;

/** Null where what is named is not there; wildcards may match nothing. */
export function contentKey(tree: SentTree, entries: readonly SentEntry[], action: Copied): string | null {
  const found = action.isPattern ? matchesOf(tree, action.source) : [action.source];
  const selection = new Selection({ includes: [], excludes: [], ...action });
  const lines: string[] = [];
  for (const named of found) {
    const clean = path.posix.normalize(named).replace(/\/+$/, '') || '/';
    const at = tree.followed(clean);
    if (!tree.entry(at)) return null;
    lines.push(`= ${clean}`, ...linesOf(entries, at, selection));
  }
  return digestOf(lines.join('\n'));
}

/** `at` and all below it. */
function linesOf(entries: readonly SentEntry[], at: string, selection: Selection): string[] {
  const inside = at === '/' ? '' : `${at.slice(1)}/`;
  return entries
    .filter(
      ({ path: name }) => `/${name}` === at || (name.startsWith(inside) && selection.takes(name.slice(inside.length))),
    )
    .map(({ path: name, kind, mode, target, content }) =>
      JSON.stringify([name.slice(inside.length), kind, mode, target, content?.digest ?? null]),
    );
}
