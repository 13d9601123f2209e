// Images that were imported: an OCI layout each, in the cache, with the names that they are pulled by. They stand in for what recipes of
// these names would make.

import { existsSync, readdirSync } from 'node:fs';
import type { Logger } from 'pino';
import { type CatalogueEntry, readLayout } from './layout.ts';
import type { Recipe } from './recipe.ts';

/** Below the cache. */
export const importedFolder = 'imported';
const layoutName = /^[0-9a-f]{16}$/;

export interface ImportedImage {
  readonly layout: string;
  readonly repository: string;
  readonly entry: CatalogueEntry;
}

/** Those that are whole. */
export function importedImages(cacheDirectory: string, onDamaged: (error: unknown) => void): ImportedImage[] {
  const folder = `${cacheDirectory}/${importedFolder}`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => layoutName.test(name))
    .sort()
    .flatMap((name) => {
      const layout = `${folder}/${name}`;
      try {
        const entry = readLayout(layout, name);
        return entry?.repository ? [{ layout, repository: entry.repository, entry }] : [];
      } catch (error) {
        onDamaged(error);
        return [];
      }
    });
}

/** The recipes, with imported images in the place of those that have a tag of theirs, and beside those that have not. */
export function withImported(
  recipes: ReadonlyMap<string, Recipe>,
  cacheDirectory: string,
  log: Logger,
): ReadonlyMap<string, Recipe> {
  const all = new Map(recipes);
  const damaged = (err: unknown): void => log.warn({ err }, 'an image that was imported is damaged: import it again');
  for (const { layout, repository, entry } of importedImages(cacheDirectory, damaged)) {
    const source = { kind: 'import', layout } as const;
    const same = [...recipes.values()].filter((one) => one.repository === repository);
    const stoodInFor = same.filter(({ tags }) => tags.some((tag) => entry.tags.includes(tag)));
    for (const recipe of stoodInFor) all.set(recipe.name, { ...recipe, source, bases: new Map(), foreign: [] });
    if (stoodInFor.length > 0) continue;
    const name = `import-${entry.name}`;
    all.set(name, {
      ...{ name, repository, tags: entry.tags, source, bases: new Map(), foreign: [], directory: '', key: '' },
      ...{ summary: '', offered: true, architecture: undefined, version: undefined, compression: 'gzip' },
    });
  }
  return all;
}
