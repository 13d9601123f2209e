// Which paths of a tree a source of COPY names, with wildcards, as BuildKit's fsutil resolves them.

import path from 'node:path';
import { pathPattern, splitSource } from '../language/path-pattern.ts';
import type { SourceTree } from './source-tree.ts';

/** In order; the source itself where it has no wildcard. Below a directory that matches nothing more is looked for. */
export function matchesOf(tree: SourceTree, source: string): string[] {
  const { directory, pattern } = splitSource(source);
  if (pattern === '') return [source];
  const matches = pathPattern(pattern);
  const found: string[] = [];
  const walk = (at: string, below: string): void => {
    for (const name of tree.names(at)) {
      const relative = below === '' ? name : `${below}/${name}`;
      const place = path.posix.join(at, name);
      if (matches(relative)) found.push(place);
      else if (tree.entry(place)?.kind === 'directory') walk(place, relative);
    }
  };
  const start = path.posix.join('/', directory);
  if (tree.entry(start)?.kind === 'directory') walk(start, '');
  return found;
}
