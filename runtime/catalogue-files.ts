// The catalogue as the machine's disk has it, for the `drydock` command: with an engine that runs, and without one.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Writable } from 'node:stream';
import { pino } from 'pino';
import { neededImages } from './catalogue/builds.ts';
import { Catalogue } from './catalogue/catalogue.ts';
import { exportedBytes, exportImages } from './catalogue/export-images.ts';
import { type ImportedNames, importImages, untag } from './catalogue/import-images.ts';
import { withImported } from './catalogue/imported.ts';
import { readRecipes } from './catalogue/recipe.ts';
import type { CatalogueImage } from './client.ts';
import { EngineError } from './errors.ts';
import { lock } from './kernel/locks.ts';

export type { ImportedNames } from './catalogue/import-images.ts';

export interface CataloguePlaces {
  readonly cacheDirectory: string;
  readonly recipesDirectories: readonly string[];
}

export interface Exported {
  readonly names: readonly string[];
  readonly bytes: number;
  write(to: Writable, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void>;
}

export interface CatalogueFiles {
  images(): readonly CatalogueImage[];
  /** Those of these names that are there; all where none is named. Throws notFound for a name that none has. */
  exported(names: readonly string[]): Exported;
  /** `archive`: a file or a directory; null for standard input. `name` takes the place of the archive's own. Throws EngineError. */
  import(
    archive: string | null,
    options: { readonly name: string | null; readonly signal: AbortSignal; readonly onStep: (step: string) => void },
  ): Promise<readonly ImportedNames[]>;
  /** Removes an image from the disk: one that a recipe makes is made anew when it is wanted. Gives its names. Throws notFound, conflict. */
  remove(name: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** An image of the catalogue, as its folder tells, or the archive that it was imported from. */
export interface KnownImage {
  readonly repository: string;
  /** Those that are known: versions are once it is built. */
  readonly tags: readonly string[];
  /** Students can pull it. */
  readonly offered: boolean;
  readonly source: CatalogueImage['source'];
  /** It has the tags of a version too, once it is built. */
  readonly hasVersion: boolean;
  /** It is on the disk. */
  readonly isThere: boolean;
  /** Of a folder with a mistake: what is wrong, a line for each. */
  readonly mistake: string | null;
}

/** Only reads, and little. */
export async function knownImages({
  cacheDirectory,
  recipesDirectories,
}: CataloguePlaces): Promise<readonly KnownImage[]> {
  const read = await readRecipes(recipesDirectories);
  const recipes = [...withImported(read.recipes, cacheDirectory, pino({ level: 'silent' })).values()];
  const mistakes = [...read.mistakes].map(([repository, mistake]): KnownImage => {
    const nothing = { tags: [], offered: false, hasVersion: false, isThere: false };
    return { repository, ...nothing, source: 'mistake', mistake };
  });
  const made = recipes.filter(({ source }) => source.kind !== 'base');
  return [
    ...mistakes,
    ...made.map(({ repository, tags, offered, source, version, name, key }): KnownImage => {
      const layout = source.kind === 'import' ? source.layout : `${cacheDirectory}/${name}-${key}`;
      const isThere = existsSync(`${layout}/index.json`);
      const hasVersion = version !== undefined;
      return { repository, tags, offered, source: source.kind, hasVersion, isThere, mistake: null };
    }),
  ];
}

/** What students are told of the images of one name. */
export interface OfferedImage {
  readonly repository: string;
  readonly summary: string;
  /** Those that are known: versions are once it is built. */
  readonly tags: readonly string[];
  /** Its folder. */
  readonly directory: string;
}

/** The images that the folders offer, in the order of the alphabet; what is wrong with one leaves it out. */
export async function offeredImages(recipesDirectories: readonly string[]): Promise<readonly OfferedImage[]> {
  const found = new Map<string, OfferedImage>();
  for (const { repository, summary, tags, offered, directory } of (
    await readRecipes(recipesDirectories)
  ).recipes.values()) {
    if (!offered) continue;
    const others = found.get(repository)?.tags ?? [];
    found.set(repository, { repository, summary, tags: [...others, ...tags], directory });
  }
  return [...found.values()].sort((a, b) => (a.repository < b.repository ? -1 : 1));
}

export async function openCatalogueFiles({
  cacheDirectory,
  recipesDirectories,
}: CataloguePlaces): Promise<CatalogueFiles> {
  const scratchDirectory = mkdtempSync(`${tmpdir()}/drydock-catalogue-`);
  const registries = { mirrors: [], dockerConfig: null };
  const log = pino({ level: 'silent' });
  let catalogue: Catalogue;
  try {
    catalogue = await Catalogue.open({ cacheDirectory, recipesDirectories, registries, scratchDirectory, log });
  } finally {
    rmSync(scratchDirectory, { recursive: true, force: true });
  }
  return {
    images: () => catalogue.status(),
    exported: (names) => {
      const images = catalogue.exported(names);
      return {
        names: images.flatMap(({ recipe, entry }) => entry.tags.map((tag) => `${recipe.repository}:${tag}`)),
        bytes: exportedBytes(images),
        write: (to, onBytes, signal) => exportImages(images, to, onBytes, signal),
      };
    },
    import: (archive, options) => importImages(archive, { ...options, cacheDirectory, recipes: catalogue.recipes }),
    remove: (name, signal) => removeImage(catalogue, cacheDirectory, name, signal),
  };
}

async function removeImage(
  catalogue: Catalogue,
  cacheDirectory: string,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = catalogue.exported([name]);
  if (found.length === 0) throw new EngineError('notFound', `${name} is not there yet: there is nothing to remove`);
  const removed: string[] = [];
  const [, tag] = name.split(/:(?=[^/]*$)/);
  for (const { recipe, entry, layout } of found) {
    if (recipe.source.kind === 'import') {
      const tags = tag === undefined ? entry.tags : [tag];
      removed.push(...untag(cacheDirectory, recipe.repository, tags, null));
      continue;
    }
    if (neededImages.includes(recipe.name))
      throw new EngineError(
        'conflict',
        `no host can be made without ${recipe.name}: drydock catalogue build --again ${recipe.name} makes it anew`,
      );
    using _held = await lock(`${layout}.lock`, signal, () => undefined);
    rmSync(layout, { recursive: true, force: true });
    removed.push(...entry.tags.map((one) => `${recipe.repository}:${one}`));
  }
  return removed;
}
