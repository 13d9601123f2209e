// Brings images of an archive into the cache, with or without an engine that runs: those that another machine has made of the same recipes
// in their place, all others by their names. Each is there whole, or not at all.

import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import { familiarName, parseReference, withDefaultTag } from '../images/reference.ts';
import { lock } from '../kernel/locks.ts';
import { Blobs, digestOf } from '../store/blobs.ts';
import { importedFolder, importedImages } from './imported.ts';
import { type CatalogueEntry, readLayout, retagLayout, writeLayout } from './layout.ts';
import type { Recipe } from './recipe.ts';
import { openImages, takeImages } from './take-archive.ts';
import type { TakenImage } from './taken-image.ts';

export interface ImportOptions {
  readonly cacheDirectory: string;
  readonly recipes: ReadonlyMap<string, Recipe>;
  /** In place of the names that the archive has: for an archive of one image. */
  readonly name: string | null;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

/** What has come of an image of an archive. */
export interface ImportedNames {
  readonly imageId: string;
  /** `redis:8`: what it is pulled by. */
  readonly names: readonly string[];
  /** It is what the recipe of this machine would make. */
  readonly isOfRecipe: boolean;
}

const leftPrefix = '.import-';

/** `archive`: a file or a directory; null for standard input. Throws EngineError: what is wrong with the archive. */
export async function importImages(archive: string | null, options: ImportOptions): Promise<readonly ImportedNames[]> {
  const { cacheDirectory, recipes, signal, onStep } = options;
  mkdirSync(`${cacheDirectory}/${importedFolder}`, { recursive: true, mode: 0o755 });
  using _held = await lock(`${cacheDirectory}/${importedFolder}.lock`, signal, () =>
    onStep('waiting for another import'),
  );
  // Whoever was killed in the middle has left it.
  for (const name of readdirSync(cacheDirectory))
    if (name.startsWith(leftPrefix)) rmSync(`${cacheDirectory}/${name}`, { recursive: true, force: true });
  const scratch = `${cacheDirectory}/${leftPrefix}${randomUUID()}`;
  const layout = `${scratch}/layout`;
  mkdirSync(layout, { recursive: true, mode: 0o755 });
  try {
    const parts = { scratch, layout, signal, onStep };
    const images = archive === null ? await takeImages(process.stdin, parts) : await openImages(archive, parts);
    const named = images.map((image) => ({ image, names: namesFor(image, images, options.name) }));
    const imported: ImportedNames[] = [];
    for (const { image, names } of named) {
      const recipe = options.name === null ? recipeOf(image, recipes) : undefined;
      if (recipe) await placeOfRecipe(image, recipe, layout, options);
      else placeByName(image, names, layout, cacheDirectory);
      imported.push({ imageId: image.imageId, names, isOfRecipe: recipe !== undefined });
    }
    return imported;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function namesFor(image: TakenImage, images: readonly TakenImage[], name: string | null): readonly string[] {
  if (name !== null && images.length > 1)
    throw new EngineError('invalid', `the archive holds ${images.length} images: a name is given to an archive of one`);
  const names = name === null ? image.names : [name];
  if (names.length > 0)
    return names.map((one) => {
      const { domain, path, tag } = withDefaultTag(parseReference(one));
      return `${familiarName({ domain, path })}:${tag ?? 'latest'}`;
    });
  throw new EngineError('invalid', `the image ${image.imageId} has no name: give it one with --as NAME:TAG`);
}

const recipeOf = ({ recipe }: TakenImage, recipes: ReadonlyMap<string, Recipe>): Recipe | undefined =>
  [...recipes.values()].find(({ name, key, source }) => source.kind !== 'import' && `${name}-${key}` === recipe);

/** As if it had been built here. */
async function placeOfRecipe(
  image: TakenImage,
  { name, key, tags }: Recipe,
  from: string,
  { cacheDirectory, signal, onStep }: ImportOptions,
): Promise<void> {
  const place = `${cacheDirectory}/${name}-${key}`;
  using _held = await lock(`${place}.lock`, signal, () => onStep('waiting for an engine that builds it'));
  if (isWhole(place)) return;
  const own = image.names.map((one) => parseReference(one).tag ?? 'latest');
  writeWhole(image, from, place, { tags: [...new Set([...tags, ...own])] });
}

function isWhole(place: string): boolean {
  try {
    return readLayout(place, '') !== null;
  } catch {
    return false;
  }
}

/** A tag that another imported image had is this one's now; one without a tag goes. */
function placeByName(image: TakenImage, names: readonly string[], from: string, cacheDirectory: string): void {
  const repositories = new Map<string, string[]>();
  for (const name of names) {
    const cut = name.lastIndexOf(':');
    const repository = name.slice(0, cut);
    repositories.set(repository, [...(repositories.get(repository) ?? []), name.slice(cut + 1)]);
  }
  for (const [repository, tags] of repositories) {
    const hex = digestOf(`${repository}\0${image.imageId}`).slice('sha256:'.length, 'sha256:'.length + 16);
    const place = `${cacheDirectory}/${importedFolder}/${hex}`;
    const before = isWhole(place) ? (readLayout(place, '')?.tags ?? []) : [];
    writeWhole(image, from, place, { tags: [...new Set([...before, ...tags])], repository });
    untag(cacheDirectory, repository, tags, place);
  }
}

/** Takes tags away from the imported images that have them. Gives what they were, an image without one is removed. */
export function untag(
  cacheDirectory: string,
  repository: string,
  tags: readonly string[],
  except: string | null,
): readonly string[] {
  const removed: string[] = [];
  for (const other of importedImages(cacheDirectory, () => undefined)) {
    if (other.repository !== repository || other.layout === except) continue;
    const left = other.entry.tags.filter((tag) => !tags.includes(tag));
    if (left.length === other.entry.tags.length) continue;
    for (const tag of other.entry.tags) if (!left.includes(tag)) removed.push(`${repository}:${tag}`);
    if (left.length === 0) rmSync(other.layout, { recursive: true, force: true });
    else retagLayout(other.layout, other.entry, left);
  }
  return removed;
}

function writeWhole(
  { configuration, layers }: TakenImage,
  from: string,
  place: string,
  names: { readonly tags: readonly string[]; readonly repository?: string },
): CatalogueEntry | null {
  const made = `${place}.new`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { mode: 0o755 });
  const [source, target] = [new Blobs(`${from}/blobs`), new Blobs(`${made}/blobs`)];
  for (const { digest } of layers)
    if (!existsSync(target.path(digest))) linkSync(source.path(digest), target.path(digest));
  writeLayout(made, { ...names, version: null, configuration, layers });
  rmSync(place, { recursive: true, force: true });
  renameSync(made, place);
  return readLayout(place, '');
}
