// The catalogue: the images that every host can pull with the cable out, each built once on a machine and kept in its cache.
//
// The cache holds `NAME-KEY/`, an OCI layout each, whole or not there. Several engines may share it: a lock on `NAME-KEY`
// keeps two of them from building the same image, and the second takes what the first has built.

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { CatalogueImage } from '../client.ts';
import { at, EngineError } from '../errors.ts';
import { lock } from '../kernel/locks.ts';
import { catalogueBuildsAtOnce } from '../limits.ts';
import { Turnstile } from '../turnstile.ts';
import { cleanCache, newestOf } from './clean-cache.ts';
import type { ExportedImage } from './export-images.ts';
import { withImported } from './imported.ts';
import { type CatalogueEntry, type CatalogueLayer, readLayout } from './layout.ts';
import { type MakeParts, makeImage } from './make-image.ts';
import { type Recipe, readRecipes } from './recipe.ts';
import type { Workshop } from './workshop.ts';

export interface CatalogueOptions extends Pick<MakeParts, 'registries'> {
  /** Shared by every engine of the machine; made where it is missing. */
  readonly cacheDirectory: string;
  /** Each has a folder for each image. */
  readonly recipesDirectories: readonly string[];
  /** This engine's alone. Emptied when the catalogue is opened. */
  readonly scratchDirectory: string;
  readonly log: Logger;
}

/** What the engine cannot make a host without. */
export const neededImages = ['busybox', 'workspace'];
/** Package mirrors come back; a machine without a network must not be kept busy asking. */
const retryMs = 30_000;

interface Item {
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

export class Catalogue {
  readonly #options: CatalogueOptions;
  #items = new Map<string, Item>();
  #signal: AbortSignal = new AbortController().signal;
  #workshop: Workshop | null = null;

  private constructor(options: CatalogueOptions) {
    this.#options = options;
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
      const isSame = known !== undefined && this.#place(known.recipe) === this.#place(recipe);
      const item = isSame ? { ...known, recipe } : newItem(recipe, known);
      this.#items.set(recipe.name, isSame && known.building ? known : item);
      if (!(isSame && known.building)) this.#look(item);
    }
  }

  #look(item: Item): void {
    const { cacheDirectory } = this.#options;
    if (item.entry && !existsSync(`${this.#place(item.recipe)}/index.json`)) {
      item.entry = null;
      if (item.state === 'ready') item.state = 'waiting';
    }
    if (this.#takeFromCache(item) || item.recipe.source.kind === 'base') return;
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
    this.#signal = signal;
    this.#workshop = workshop;
    void this.#buildAll(which);
  }

  status(): CatalogueImage[] {
    return this.#shown().map((item) => ({
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

  #shown(): Item[] {
    return [...this.#items.values()].filter(({ recipe }) => recipe.source.kind !== 'base');
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
    return item.entry ? Promise.resolve(item.entry) : this.#built(item);
  }

  /**
   * Builds in the background the images of these names, `redis` or `redis:7`, that are not there; all where none is named. With `again`
   * those that are there too. Gives their references. Throws notFound for a name that none has.
   */
  build(names: readonly string[], again: boolean): readonly string[] {
    const items = names.length === 0 ? this.#shown() : names.flatMap((name) => this.#named(name));
    for (const item of items) {
      const isMade = item.recipe.source.kind !== 'import' && item.recipe.source.kind !== 'mistake';
      if (again && isMade && !item.building) {
        item.state = 'waiting';
        item.building = this.#building(item, true);
        item.building.catch(() => undefined);
      } else if (item.state !== 'ready') this.#built(item).catch(() => undefined);
    }
    void Promise.allSettled(items.map(({ building }) => building)).then(() => this.#rest());
    return items.map(({ recipe }) => referenceOf(recipe));
  }

  /** Those of these names, `redis` or `redis:7`, that are there; all where none is named. Throws notFound for a name that none has. */
  exported(names: readonly string[]): (ExportedImage & { readonly layout: string })[] {
    const items = names.length === 0 ? this.#shown() : names.flatMap((name) => this.#named(name));
    return items.flatMap(({ recipe, entry, state }) =>
      entry && state === 'ready' ? [{ recipe, entry, layout: this.#place(recipe) }] : [],
    );
  }

  get recipes(): ReadonlyMap<string, Recipe> {
    return new Map([...this.#items].map(([name, { recipe }]) => [name, recipe]));
  }

  #named(name: string): Item[] {
    const [repository = '', tag] = name.split(/:(?=[^/]*$)/);
    const found = this.#shown().filter(
      ({ recipe, entry }) =>
        recipe.repository === repository &&
        (tag === undefined || recipe.tags.includes(tag) || entry?.tags.includes(tag) === true),
    );
    if (found.length > 0) return found;
    const known = [...new Set(this.#shown().map(({ recipe }) => recipe.repository))].sort();
    throw new EngineError('notFound', `the catalogue has no image ${name.slice(0, 100)}; it has ${known.join(', ')}`);
  }

  #item(name: string): Item {
    const item = this.#items.get(name);
    if (!item) throw new EngineError('notFound', `the catalogue has no image ${name}`);
    return item;
  }

  async #buildAll(which: 'all' | 'minimal'): Promise<void> {
    const some = new Turnstile({ perKey: catalogueBuildsAtOnce, inAll: catalogueBuildsAtOnce });
    while (!this.#signal.aborted) {
      const first = await Promise.allSettled(this.#missing((name) => neededImages.includes(name)));
      const wanted =
        which === 'all'
          ? this.#shown().filter(({ state, recipe }) => state !== 'ready' && recipe.source.kind !== 'mistake')
          : [];
      const others = await Promise.allSettled(
        wanted.map((item) => some.pass('', async () => this.#signal.aborted || (await this.#built(item)))),
      );
      const failed = [...first, ...others].some(({ status }) => status === 'rejected');
      if (this.#signal.aborted) return;
      // Where little is wanted, what somebody had built otherwise, and was cut off, is left for the next who has it built.
      if (which === 'all' || first.length > 0) await this.#rest();
      if (!failed) return this.#clean();
      await sleep(retryMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  #missing(which: (name: string) => boolean): Promise<CatalogueEntry>[] {
    return [...this.#items.values()]
      .filter(({ recipe, state }) => which(recipe.name) && state !== 'ready')
      .map((item) => this.#built(item));
  }

  /** Once nothing is being built. */
  async #rest(): Promise<void> {
    if ([...this.#items.values()].some(({ building }) => building)) return;
    await this.#workshop?.rest().catch((err: unknown) => {
      this.#options.log.warn({ err }, 'what the builds of the catalogue had is still there');
    });
  }

  #clean(): void {
    const recipes = [...this.#items.values()].map((item) => item.recipe);
    const current = new Set(recipes.map((recipe) => this.#place(recipe)));
    try {
      const names = new Set(recipes.flatMap(({ name, repository }) => [name, repository]));
      cleanCache(this.#options.cacheDirectory, names, current);
    } catch (err) {
      this.#options.log.warn({ err }, 'old images in the cache cannot be removed');
    }
  }

  #built(item: Item): Promise<CatalogueEntry> {
    const { source } = item.recipe;
    if (source.kind === 'mistake') return Promise.reject(new EngineError('invalid', source.message));
    if (item.state === 'ready' && item.entry) return Promise.resolve(item.entry);
    item.building ??= this.#building(item, false);
    return item.building;
  }

  async #building(item: Item, again: boolean): Promise<CatalogueEntry> {
    const { recipe } = item;
    item.state = 'building';
    item.step = '';
    item.startedAt = Date.now();
    item.endedAt = 0;
    try {
      const entry = await this.#buildLocked(item, again);
      this.#options.log.info({ image: recipe.name, ms: Date.now() - item.startedAt }, 'catalogue image is ready');
      return entry;
    } catch (error) {
      item.state = 'failed';
      item.step = error instanceof Error ? error.message : String(error);
      if (!this.#signal.aborted) this.#options.log.warn({ image: recipe.name, err: error }, 'catalogue image failed');
      throw at(`image ${recipe.name}`, error);
    } finally {
      item.endedAt = Date.now();
      item.building = null;
    }
  }

  async #buildLocked(item: Item, again: boolean): Promise<CatalogueEntry> {
    const { recipe } = item;
    const bases = new Map<string, CatalogueEntry>();
    for (const [reference, base] of recipe.bases) bases.set(reference, await this.#base(item, base.name));
    const place = this.#place(recipe);
    using _held = await lock(`${place}.lock`, this.#signal, () => {
      item.step = 'waiting for another engine that builds it';
    });
    const there = again ? null : this.#takeFromCache(item);
    if (there) return there;
    // Only the holder of the lock writes here, so what is left of an earlier build is nobody's.
    const layout = `${place}.new`;
    rmSync(layout, { recursive: true, force: true });
    mkdirSync(layout, { mode: 0o755 });
    const scratch = `${this.#options.scratchDirectory}/${randomUUID()}`;
    mkdirSync(scratch, { mode: 0o755 });
    try {
      const onStep = (step: string): void => {
        item.step = step;
      };
      const lists = `${this.#options.cacheDirectory}/debian-lists`;
      const { registries } = this.#options;
      const parts = { workshop: this.#workshop, registries, lists, scratch, signal: this.#signal };
      await makeImage({ recipe, bases, layout, onStep, ...parts });
      rmSync(place, { recursive: true, force: true });
      renameSync(layout, place);
    } finally {
      await rm(layout, { recursive: true, force: true });
      await rm(scratch, { recursive: true, force: true });
    }
    const built = this.#takeFromCache(item);
    if (!built) throw new EngineError('internal', 'it was built but is not there');
    if (neededImages.includes(recipe.name)) await this.#workshop?.keep(built);
    return built;
  }

  /** The base's own steps are shown as those of the image that waits for it. */
  async #base(item: Item, name: string): Promise<CatalogueEntry> {
    const base = this.#item(name);
    if (base.state === 'ready' && base.entry) return base.entry;
    const building = this.#built(base);
    building.catch(() => undefined);
    const show = (): void => {
      item.step = `${referenceOf(base.recipe)}${base.step === '' ? '' : `: ${base.step}`}`;
    };
    show();
    const timer = setInterval(show, 250);
    try {
      return await building;
    } finally {
      clearInterval(timer);
    }
  }

  #place({ source, name, key }: Recipe): string {
    return source.kind === 'import' ? source.layout : `${this.#options.cacheDirectory}/${name}-${key}`;
  }

  /** Reads the image from the cache; one that is damaged is not there. */
  #takeFromCache(item: Item): CatalogueEntry | null {
    const place = this.#place(item.recipe);
    let found: CatalogueEntry | null = null;
    try {
      found = readLayout(place, item.recipe.name);
    } catch (error) {
      this.#options.log.warn(
        { image: item.recipe.name, err: error },
        'catalogue image in the cache is damaged; building anew',
      );
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
}

function newItem(recipe: Recipe, before: Item | undefined): Item {
  const times = { startedAt: 0, endedAt: 0 };
  const [entry, built] = [before?.entry ?? null, before?.built ?? Promise.withResolvers<void>()];
  return { recipe, state: 'waiting', step: '', ...times, entry, building: null, built };
}

function mistaken(name: string, message: string): Item {
  const recipe: Recipe = {
    ...{ summary: '', offered: false, architecture: undefined, version: undefined, compression: 'gzip' },
    ...{ name, repository: name, tags: ['latest'], directory: '', key: '', bases: new Map(), foreign: [] },
    source: { kind: 'mistake', message },
  };
  return { ...newItem(recipe, undefined), state: 'failed', step: message };
}

const referenceOf = ({ repository, tags }: Recipe): string => `${repository}:${tags[0] ?? 'latest'}`;
