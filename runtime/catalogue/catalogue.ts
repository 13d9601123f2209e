// The catalogue: the images that every host can pull with the cable out, each built once on a machine and kept in its cache.
//
// The cache holds `NAME-KEY/`, an OCI layout each, whole or not there. Several engines may share it: a lock on `NAME-KEY`
// keeps two of them from building the same image, and the second takes what the first has built.

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import type { CatalogueImage } from '../client.ts';
import { EngineError } from '../errors.ts';
import { type BuildParts, CatalogueBuilds, neededImages } from './builds.ts';
import { newestOf } from './clean-cache.ts';
import type { ExportedImage } from './export-images.ts';
import { withImported } from './imported.ts';
import { type Item, mistaken, newItem, placeOf, referenceOf, shownOf, takeFromCache } from './item.ts';
import { type CatalogueEntry, type CatalogueLayer, readLayout } from './layout.ts';
import { type Recipe, readRecipes } from './recipe.ts';
import type { Workshop } from './workshop.ts';

export interface CatalogueOptions extends Omit<BuildParts, 'workshop' | 'signal'> {
  /** Each has a folder for each image. */
  readonly recipesDirectories: readonly string[];
}

export class Catalogue {
  readonly #options: CatalogueOptions;
  #items = new Map<string, Item>();
  #builds: CatalogueBuilds;

  private constructor(options: CatalogueOptions) {
    this.#options = options;
    this.#builds = this.#buildsWith(null, new AbortController().signal);
  }

  #buildsWith(workshop: Workshop | null, signal: AbortSignal): CatalogueBuilds {
    return new CatalogueBuilds({ ...this.#options, workshop, signal }, () => this.#items);
  }

  /** Reads the recipes, and takes what the cache has. */
  static async open(options: CatalogueOptions): Promise<Catalogue> {
    mkdirSync(options.cacheDirectory, { recursive: true, mode: 0o755 });
    mkdirSync(options.scratchDirectory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(options.scratchDirectory))
      rmSync(`${options.scratchDirectory}/${name}`, { recursive: true, force: true });
    const catalogue = new Catalogue(options);
    await catalogue.reload();
    return catalogue;
  }

  /** Reads the recipes again, and looks what the cache has: somebody has changed it. What is being built goes on. */
  async reload(): Promise<void> {
    const { recipesDirectories, cacheDirectory, log } = this.#options;
    const read = await readRecipes(recipesDirectories);
    for (const [folder, mistake] of read.mistakes) log.warn({ folder, mistake }, 'a recipe has a mistake');
    const recipes = withImported(read.recipes, cacheDirectory, log);
    const before = this.#items;
    this.#items = new Map();
    for (const [name, mistake] of read.mistakes) this.#items.set(name, mistaken(name, mistake));
    for (const recipe of recipes.values()) {
      const known = before.get(recipe.name);
      const isSame = known !== undefined && placeOf(known.recipe, this.#options) === placeOf(recipe, this.#options);
      const item = isSame ? { ...known, recipe } : newItem(recipe, known);
      this.#items.set(recipe.name, isSame && known.building ? known : item);
      if (!(isSame && known.building)) this.#look(item);
    }
  }

  #look(item: Item): void {
    const { cacheDirectory } = this.#options;
    if (item.entry && !existsSync(`${placeOf(item.recipe, this.#options)}/index.json`)) {
      item.entry = null;
      if (item.state === 'ready') item.state = 'waiting';
    }
    if (takeFromCache(item, this.#options) || item.recipe.source.kind === 'base') return;
    // Until the new one is built hosts and students have that of the older recipe.
    const older = newestOf(cacheDirectory, item.recipe.name);
    try {
      if (older !== null) item.entry = readLayout(older, item.recipe.name);
      if (item.entry) item.built.resolve();
    } catch {
      // It is damaged: it is as if it were not there.
    }
  }

  /**
   * Builds in the background what is missing: what hosts need at once and side by side, then with `all` the others, some at a time. What
   * fails is tried again later. `signal` ends it all.
   */
  start(which: 'all' | 'minimal', workshop: Workshop, signal: AbortSignal): void {
    this.#builds = this.#buildsWith(workshop, signal);
    void this.#builds.buildAll(which);
  }

  status(): CatalogueImage[] {
    return shownOf(this.#items).map((item) => ({
      reference: referenceOf(item.recipe),
      names: item.recipe.offered
        ? (item.entry?.tags ?? item.recipe.tags).map((tag) => `${item.recipe.repository}:${tag}`)
        : [],
      imageId: item.entry?.imageId ?? null,
      state: item.state,
      step: item.step,
      elapsedMs: item.startedAt === 0 ? 0 : (item.endedAt || Date.now()) - item.startedAt,
      sizeBytes: item.entry?.sizeBytes ?? 0,
      source: item.recipe.source.kind,
    }));
  }

  #offered(repository: string): Item[] {
    return [...this.#items.values()].filter(({ recipe }) => recipe.offered && recipe.repository === repository);
  }

  /** The state and step of one image, as `status` has them. */
  progress(name: string): { readonly state: CatalogueImage['state']; readonly step: string } {
    const item = this.#item(name);
    return { state: item.state, step: item.step };
  }

  /** Whether `busybox` and `workspace` are there, so that hosts can be made. */
  get minimal(): boolean {
    return neededImages.every((name) => this.#items.get(name)?.entry);
  }

  /** The name of the offered image that has this repository and tag, or digest, or why there is none. */
  find(
    repository: string,
    wanted: { readonly tag: string } | { readonly digest: string },
  ): { readonly name: string } | 'no repository' | 'no tag' {
    const items = this.#offered(repository);
    if (items.length === 0) return 'no repository';
    const found = items.find(({ recipe, entry }) =>
      'tag' in wanted
        ? (entry?.tags ?? recipe.tags).includes(wanted.tag)
        : // What is not built has no digest yet, and may turn out to have this one.
          (entry?.manifestDigest ?? wanted.digest) === wanted.digest,
    );
    return found ? { name: found.recipe.name } : 'no tag';
  }

  /** The tags of the offered images of this repository, each once; none where it is not there. */
  tags(repository: string): string[] {
    return [...new Set(this.#offered(repository).flatMap(({ recipe, entry }) => entry?.tags ?? recipe.tags))];
  }

  /** The offered images of this repository that are built. */
  entriesOf(repository: string): CatalogueEntry[] {
    return this.#offered(repository).flatMap(({ entry }) => entry ?? []);
  }

  /** The repositories that a student can pull from, in the order of the alphabet. */
  repositories(): string[] {
    const offered = [...this.#items.values()].filter(({ recipe }) => recipe.offered);
    return [...new Set(offered.map(({ recipe }) => recipe.repository))].sort();
  }

  /** The image, or null where it is not built yet. */
  entry(name: string): CatalogueEntry | null {
    return this.#item(name).entry;
  }

  /** The image of this ID; undefined where the catalogue has it not, or not any more. */
  withId(imageId: string): CatalogueEntry | undefined {
    return [...this.#items.values()].find(({ entry }) => entry?.imageId === imageId)?.entry ?? undefined;
  }

  /** What the repository's images are, in a sentence. */
  summary(repository: string): string {
    return this.#offered(repository)[0]?.recipe.summary ?? '';
  }

  /** The layer; undefined where no image of the catalogue has it. */
  layer(diffId: string): CatalogueLayer | undefined {
    for (const { entry } of this.#items.values()) {
      const layer = entry?.layers.find((one) => one.diffId === diffId);
      if (layer) return layer;
    }
    return undefined;
  }

  /** Its blob. */
  layerBlob(diffId: string): string | undefined {
    return this.layer(diffId)?.blob;
  }

  /** Resolves once the image is there, whoever builds it; never rejects. */
  whenBuilt(name: string): Promise<void> {
    return this.#item(name).built.promise;
  }

  /** The image, built now if it is not there. Throws unavailable where it cannot be built, and `start`'s signal's reason. */
  ready(name: string): Promise<CatalogueEntry> {
    const item = this.#item(name);
    return item.entry ? Promise.resolve(item.entry) : this.#builds.built(item);
  }

  /**
   * Builds in the background the images of these names, `redis` or `redis:7`, that are not there; all where none is named. With `again`
   * those that are there too. Gives their references. Throws notFound for a name that none has.
   */
  build(names: readonly string[], again: boolean): readonly string[] {
    const items = names.length === 0 ? shownOf(this.#items) : names.flatMap((name) => this.#named(name));
    for (const item of items) {
      const isMade = item.recipe.source.kind !== 'import' && item.recipe.source.kind !== 'mistake';
      if (again && isMade && !item.building) this.#builds.again(item);
      else if (item.state !== 'ready') this.#builds.built(item).catch(() => undefined);
    }
    void Promise.allSettled(items.map(({ building }) => building)).then(() => this.#builds.rest());
    return items.map(({ recipe }) => referenceOf(recipe));
  }

  /** Those of these names, `redis` or `redis:7`, that are there; all where none is named. Throws notFound for a name that none has. */
  exported(names: readonly string[]): (ExportedImage & { readonly layout: string })[] {
    const items = names.length === 0 ? shownOf(this.#items) : names.flatMap((name) => this.#named(name));
    return items.flatMap(({ recipe, entry, state }) =>
      entry && state === 'ready' ? [{ recipe, entry, layout: placeOf(recipe, this.#options) }] : [],
    );
  }

  get recipes(): ReadonlyMap<string, Recipe> {
    return new Map([...this.#items].map(([name, { recipe }]) => [name, recipe]));
  }

  #named(name: string): Item[] {
    const [repository = '', tag] = name.split(/:(?=[^/]*$)/);
    const found = shownOf(this.#items).filter(
      ({ recipe, entry }) =>
        recipe.repository === repository &&
        (tag === undefined || recipe.tags.includes(tag) || entry?.tags.includes(tag) === true),
    );
    if (found.length > 0) return found;
    const known = [...new Set(shownOf(this.#items).map(({ recipe }) => recipe.repository))].sort();
    throw new EngineError('notFound', `the catalogue has no image ${name.slice(0, 100)}; it has ${known.join(', ')}`);
  }

  #item(name: string): Item {
    const item = this.#items.get(name);
    if (!item) throw new EngineError('notFound', `the catalogue has no image ${name}`);
    return item;
  }
}
