// The catalogue: the images that every host can pull with the cable out, each built once on a machine and kept in its cache.
//
// The cache holds `NAME-KEY/`, an OCI layout each, whole or not there. Several engines may share it: a lock on `NAME-KEY`
// keeps two of them from building the same image, and the second takes what the first has built.

import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { CatalogueImage } from '../client.ts';
import { at, EngineError } from '../errors.ts';
import { lock } from '../kernel/locks.ts';
import { detachMount } from '../kernel/mounts.ts';
import { buildImage } from './build.ts';
import { cleanCache } from './clean-cache.ts';
import { type CatalogueEntry, type CatalogueLayer, readLayout } from './layout.ts';
import { type Recipe, readRecipes } from './recipe.ts';

export interface CatalogueOptions {
  /** Shared by every engine of the machine; made where it is missing. */
  readonly cacheDirectory: string;
  readonly recipesDirectory: string;
  /** This engine's alone, on a file system that can be an overlay's upper directory. Emptied by the constructor. */
  readonly scratchDirectory: string;
  readonly log: Logger;
}

/** What the engine cannot make a host without. */
const needed = ['busybox', 'workspace'];
/** Package mirrors come back; a machine without a network must not be kept busy asking. */
const retryMs = 30_000;

interface Item {
  readonly recipe: Recipe;
  state: CatalogueImage['state'];
  step: string;
  startedAt: number;
  endedAt: number;
  entry: CatalogueEntry | null;
  building: Promise<CatalogueEntry> | null;
  readonly built: PromiseWithResolvers<void>;
}

export class Catalogue {
  readonly #options: CatalogueOptions;
  readonly #items = new Map<string, Item>();
  #signal: AbortSignal = new AbortController().signal;

  /** Reads the recipes, and takes what the cache has. Throws invalid for a recipe that is wrong. */
  constructor(options: CatalogueOptions) {
    this.#options = options;
    mkdirSync(options.cacheDirectory, { recursive: true, mode: 0o755 });
    mkdirSync(options.scratchDirectory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(options.scratchDirectory)) discardBuild(`${options.scratchDirectory}/${name}`);
    for (const recipe of readRecipes(options.recipesDirectory).values()) {
      this.#items.set(recipe.name, {
        recipe,
        state: 'waiting',
        step: '',
        startedAt: 0,
        endedAt: 0,
        entry: null,
        building: null,
        built: Promise.withResolvers(),
      });
    }
    for (const item of this.#items.values()) this.#takeFromCache(item);
  }

  /**
   * Builds in the background what is missing: what hosts need at once and side by side, then with `all` the others, one after
   * another. What fails is tried again later. `signal` ends it all.
   */
  start(which: 'all' | 'minimal', signal: AbortSignal): void {
    this.#signal = signal;
    void this.#buildAll(which);
  }

  status(): CatalogueImage[] {
    return [...this.#items.values()].map((item) => ({
      reference: `${item.recipe.repository}:${item.recipe.tags[0] ?? 'latest'}`,
      names: item.recipe.offered
        ? (item.entry?.tags ?? item.recipe.tags).map((tag) => `${item.recipe.repository}:${tag}`)
        : [],
      imageId: item.entry?.imageId ?? null,
      state: item.state,
      step: item.step,
      elapsedMs: item.startedAt === 0 ? 0 : (item.endedAt || Date.now()) - item.startedAt,
      sizeBytes: item.entry?.sizeBytes ?? 0,
    }));
  }

  /** The state and step of one image, as `status` has them. */
  progress(name: string): { readonly state: CatalogueImage['state']; readonly step: string } {
    const item = this.#item(name);
    return { state: item.state, step: item.step };
  }

  /** Whether `busybox` and `workspace` are there, so that hosts can be made. */
  get minimal(): boolean {
    return needed.every((name) => this.#items.get(name)?.entry);
  }

  /** The name of the offered image that has this repository and tag, or digest, or why there is none. */
  find(
    repository: string,
    wanted: { readonly tag: string } | { readonly digest: string },
  ): { readonly name: string } | 'no repository' | 'no tag' {
    const items = [...this.#items.values()].filter(({ recipe }) => recipe.offered && recipe.repository === repository);
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
    const items = [...this.#items.values()].filter(({ recipe }) => recipe.offered && recipe.repository === repository);
    return [...new Set(items.flatMap(({ recipe, entry }) => entry?.tags ?? recipe.tags))];
  }

  /** The offered images of this repository that are built. */
  entriesOf(repository: string): CatalogueEntry[] {
    const items = [...this.#items.values()].filter(({ recipe }) => recipe.offered && recipe.repository === repository);
    return items.flatMap(({ entry }) => entry ?? []);
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
    const items = [...this.#items.values()];
    return items.find(({ recipe }) => recipe.offered && recipe.repository === repository)?.recipe.summary ?? '';
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
    if (item.entry) return Promise.resolve(item.entry);
    item.building ??= this.#build(item).finally(() => {
      item.building = null;
    });
    return item.building;
  }

  #item(name: string): Item {
    const item = this.#items.get(name);
    if (!item) throw new EngineError('notFound', `the catalogue has no image ${name}`);
    return item;
  }

  async #buildAll(which: 'all' | 'minimal'): Promise<void> {
    const others = [...this.#items.keys()].filter((name) => !needed.includes(name));
    while (!this.#signal.aborted) {
      const first = await Promise.allSettled(
        needed.filter((name) => this.#items.has(name)).map((name) => this.ready(name)),
      );
      let failed = first.some((result) => result.status === 'rejected');
      for (const name of which === 'all' ? others : []) {
        if (this.#signal.aborted) return;
        await this.ready(name).catch(() => {
          failed = true;
        });
      }
      if (!failed) return this.#clean();
      await sleep(retryMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
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

  async #build(item: Item): Promise<CatalogueEntry> {
    const { recipe } = item;
    item.state = 'building';
    item.startedAt = Date.now();
    item.endedAt = 0;
    try {
      const entry = await this.#buildLocked(item);
      this.#options.log.info({ image: recipe.name, ms: Date.now() - item.startedAt }, 'catalogue image is ready');
      return entry;
    } catch (error) {
      item.state = 'failed';
      item.step = error instanceof Error ? error.message : String(error);
      if (!this.#signal.aborted) this.#options.log.warn({ image: recipe.name, err: error }, 'catalogue image failed');
      throw at(`image ${recipe.name}`, error);
    } finally {
      item.endedAt = Date.now();
    }
  }

  async #buildLocked(item: Item): Promise<CatalogueEntry> {
    const { recipe } = item;
    const base = recipe.base ? await this.#base(item, recipe.base.name) : null;
    const place = this.#place(recipe);
    using _held = await lock(`${place}.lock`, this.#signal, () => {
      item.step = 'waiting for another engine that builds it';
    });
    const there = this.#takeFromCache(item);
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
      await buildImage({ recipe, base, scratch, layout, lists, signal: this.#signal, onStep });
      rmSync(place, { recursive: true, force: true });
      renameSync(layout, place);
    } finally {
      await rm(layout, { recursive: true, force: true });
      await rm(scratch, { recursive: true, force: true });
    }
    const built = this.#takeFromCache(item);
    if (!built) throw new EngineError('internal', 'it was built but is not there');
    return built;
  }

  #base(item: Item, name: string): Promise<CatalogueEntry> {
    item.step = `waiting for ${name}`;
    return this.ready(name);
  }

  #place(recipe: Recipe): string {
    return `${this.#options.cacheDirectory}/${recipe.name}-${recipe.key}`;
  }

  /** Reads the image from the cache; one that is damaged is not there. */
  #takeFromCache(item: Item): CatalogueEntry | null {
    const place = this.#place(item.recipe);
    try {
      item.entry = readLayout(place, item.recipe.name);
    } catch (error) {
      this.#options.log.warn(
        { image: item.recipe.name, err: error },
        'catalogue image in the cache is damaged; building anew',
      );
    }
    if (!item.entry) return null;
    item.state = 'ready';
    item.step = '';
    item.built.resolve();
    // Tells whoever cleans the cache that it is in use.
    utimesSync(place, new Date(), new Date());
    return item.entry;
  }
}

/** Removes what a build left when its engine died: its overlay first, then its files. */
function discardBuild(scratch: string): void {
  try {
    detachMount(`${scratch}/root`);
  } catch {
    // It was no mount, or the mount went with the engine's namespace.
  }
  rmSync(scratch, { recursive: true, force: true });
}
