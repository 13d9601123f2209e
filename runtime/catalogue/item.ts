// One image of the catalogue: its recipe, how far it is, and what the cache has of it.

import { utimesSync } from 'node:fs';
import type { Logger } from 'pino';
import type { CatalogueImage } from '../client.ts';
import { type CatalogueEntry, readLayout } from './layout.ts';
import type { Recipe } from './recipe.ts';

export interface Item {
  readonly recipe: Recipe;
  state: CatalogueImage['state'];
  step: string;
  startedAt: number;
  endedAt: number;
  /** Where the recipe has changed, that of the older recipe until the new one is built. */
  entry: CatalogueEntry | null;
  building: Promise<CatalogueEntry> | null;
  readonly built: PromiseWithResolvers<void>;
}

/** By the names of their recipes. */
export type Items = ReadonlyMap<string, Item>;

/** Where images are kept, and who is told of one that is damaged. */
export interface CachePlace {
  readonly cacheDirectory: string;
  readonly log: Logger;
}

export function newItem(recipe: Recipe, before: Item | undefined): Item {
  const times = { startedAt: 0, endedAt: 0 };
  const [entry, built] = [before?.entry ?? null, before?.built ?? Promise.withResolvers<void>()];
  return { recipe, state: 'waiting', step: '', ...times, entry, building: null, built };
}

export function mistaken(name: string, message: string): Item {
  const recipe: Recipe = {
    ...{ summary: '', offered: false, architecture: undefined, version: undefined, compression: 'gzip' },
    ...{ name, repository: name, tags: ['latest'], directory: '', key: '', bases: new Map(), foreign: [] },
    source: { kind: 'mistake', message },
  };
  return { ...newItem(recipe, undefined), state: 'failed', step: message };
}

export const referenceOf = ({ repository, tags }: Recipe): string => `${repository}:${tags[0] ?? 'latest'}`;

/** Those that people are told of. */
export function shownOf(items: Items): Item[] {
  return [...items.values()].filter(({ recipe }) => recipe.source.kind !== 'base');
}

/** Where its layout is, or will be. */
export function placeOf({ source, name, key }: Recipe, { cacheDirectory }: CachePlace): string {
  return source.kind === 'import' ? source.layout : `${cacheDirectory}/${name}-${key}`;
}

/** Reads the image from the cache; one that is damaged is not there. */
export function takeFromCache(item: Item, cache: CachePlace): CatalogueEntry | null {
  const place = placeOf(item.recipe, cache);
  let found: CatalogueEntry | null = null;
  try {
    found = readLayout(place, item.recipe.name);
  } catch (error) {
    cache.log.warn({ image: item.recipe.name, err: error }, 'catalogue image in the cache is damaged; building anew');
  }
  if (!found) return null;
  item.entry = found;
  item.state = 'ready';
  item.step = '';
  item.built.resolve();
  // Tells whoever cleans the cache that it is in use.
  utimesSync(place, new Date(), new Date());
  return found;
}
