// New folders, other names, and removal in a workspace's home.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { openBeneath, pathOf, renameInto } from '../kernel/beneath.ts';
import { maxFolderDepth, maxRemovedFiles } from '../limits.ts';
import { look, namesIn } from './entries.ts';
import type { Home } from './home.ts';

export function makeFolder(home: Home, path: string): void {
  home.at(path, (place) => fs.mkdirSync(place.path, { mode: 0o755 }));
}

export function rename(home: Home, from: string, to: string): void {
  home.at(from, (old) => home.at(to, (place) => renameInto(old.folder, old.name, place.folder, place.name)));
}

/** Counts before it removes, so that what is too much stays whole. */
export function remove(home: Home, path: string): void {
  home.at(path, ({ folder, name }) => {
    let left = maxRemovedFiles;
    walk(folder, name, maxFolderDepth, () => {
      if (left-- <= 0) throw tooMuch(path);
    });
    walk(folder, name, maxFolderDepth, (at, isFolder) => {
      if (isFolder) fs.rmdirSync(at);
      else fs.unlinkSync(at);
    });
  });
}

function tooMuch(path: string): EngineError {
  return new EngineError(
    'tooLarge',
    `${path} has too many files in it to be removed from here; use rm -r in the terminal`,
  );
}

/** Calls `visit` for everything below an entry, then for the entry. A link is an entry like any other and never followed. */
function walk(folder: number, name: string, depth: number, visit: (path: string, isFolder: boolean) => void): void {
  if (depth < 0) throw tooMuch(name);
  const path = `${pathOf(folder)}/${name}`;
  const stats = look(path);
  if (!stats) throw Object.assign(new Error(`${name} is gone`), { code: 'ENOENT' });
  if (stats.isDirectory()) {
    const inside = openBeneath(folder, name);
    try {
      for (const each of [...namesIn(inside, maxRemovedFiles + 1)]) walk(inside, each, depth - 1, visit);
    } finally {
      fs.closeSync(inside);
    }
  }
  visit(path, stats.isDirectory());
}
