// Builds the images of the catalogue: what is missing in the background, and what is asked for now. Each once, whoever asks, and by one
// engine of the machine at a time.

import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, EngineError } from '../errors.ts';
import { lock } from '../kernel/locks.ts';
import { catalogueBuildsAtOnce } from '../limits.ts';
import { Turnstile } from '../turnstile.ts';
import { cleanCache } from './clean-cache.ts';
import { type CachePlace, type Item, type Items, placeOf, referenceOf, shownOf, takeFromCache } from './item.ts';
import type { CatalogueEntry } from './layout.ts';
import { type MakeParts, makeImage } from './make-image.ts';

/** What the engine cannot make a host without. */
export const neededImages = ['busybox', 'workspace'];
/** Package mirrors come back; a machine without a network must not be kept busy asking. */
const retryMs = 30_000;

export interface BuildParts extends CachePlace, Pick<MakeParts, 'registries' | 'workshop'> {
  /** This engine's alone. */
  readonly scratchDirectory: string;
  /** Ends all builds. */
  readonly signal: AbortSignal;
}

export class CatalogueBuilds {
  readonly #parts: BuildParts;
  /** The catalogue's, as they are now. */
  readonly #items: () => Items;

  constructor(parts: BuildParts, items: () => Items) {
    this.#parts = parts;
    this.#items = items;
  }

  /**
   * Builds what is missing: what hosts need at once and side by side, then with `all` the others, some at a time. What fails is tried
   * again later, until the signal aborts.
   */
  async buildAll(which: 'all' | 'minimal'): Promise<void> {
    const some = new Turnstile({ perKey: catalogueBuildsAtOnce, inAll: catalogueBuildsAtOnce });
    while (!this.#parts.signal.aborted) {
      const first = await Promise.allSettled(this.#missing((name) => neededImages.includes(name)));
      const wanted =
        which === 'all'
          ? shownOf(this.#items()).filter(({ state, recipe }) => state !== 'ready' && recipe.source.kind !== 'mistake')
          : [];
      const others = await Promise.allSettled(
        wanted.map((item) => some.pass('', async () => this.#parts.signal.aborted || (await this.built(item)))),
      );
      const failed = [...first, ...others].some(({ status }) => status === 'rejected');
      if (this.#parts.signal.aborted) return;
      // Where little is wanted, what somebody had built otherwise, and was cut off, is left for the next who has it built.
      if (which === 'all' || first.length > 0) await this.rest();
      if (!failed) return this.#clean();
      await sleep(retryMs, undefined, { signal: this.#parts.signal }).catch(() => undefined);
    }
  }

  #missing(which: (name: string) => boolean): Promise<CatalogueEntry>[] {
    return [...this.#items().values()]
      .filter(({ recipe, state }) => which(recipe.name) && state !== 'ready')
      .map((item) => this.built(item));
  }

  /** Lets the workshop rest, once nothing is being built. */
  async rest(): Promise<void> {
    if ([...this.#items().values()].some(({ building }) => building)) return;
    await this.#parts.workshop?.rest().catch((err: unknown) => {
      this.#parts.log.warn({ err }, 'what the builds of the catalogue had is still there');
    });
  }

  #clean(): void {
    const recipes = [...this.#items().values()].map((item) => item.recipe);
    const current = new Set(recipes.map((recipe) => placeOf(recipe, this.#parts)));
    try {
      const names = new Set(recipes.flatMap(({ name, repository }) => [name, repository]));
      cleanCache(this.#parts.cacheDirectory, names, current);
    } catch (err) {
      this.#parts.log.warn({ err }, 'old images in the cache cannot be removed');
    }
  }

  /** The image, once it is there. Throws unavailable where it cannot be built, invalid where its recipe has a mistake. */
  built(item: Item): Promise<CatalogueEntry> {
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
      this.#parts.log.info({ image: recipe.name, ms: Date.now() - item.startedAt }, 'catalogue image is ready');
      return entry;
    } catch (error) {
      item.state = 'failed';
      item.step = error instanceof Error ? error.message : String(error);
      if (!this.#parts.signal.aborted)
        this.#parts.log.warn({ image: recipe.name, err: error }, 'catalogue image failed');
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
    const place = placeOf(recipe, this.#parts);
    using _held = await lock(`${place}.lock`, this.#parts.signal, () => {
      item.step = 'waiting for another engine that builds it';
    });
    const there = again ? null : takeFromCache(item, this.#parts);
    if (there) return there;
    // Only the holder of the lock writes here, so what is left of an earlier build is nobody's.
    const layout = `${place}.new`;
    rmSync(layout, { recursive: true, force: true });
    mkdirSync(layout, { mode: 0o755 });
    const scratch = `${this.#parts.scratchDirectory}/${randomUUID()}`;
    mkdirSync(scratch, { mode: 0o755 });
    try {
      const onStep = (step: string): void => {
        item.step = step;
      };
      const lists = `${this.#parts.cacheDirectory}/debian-lists`;
      const { registries } = this.#parts;
      const parts = { workshop: this.#parts.workshop, registries, lists, scratch, signal: this.#parts.signal };
      await makeImage({ recipe, bases, layout, onStep, ...parts });
      rmSync(place, { recursive: true, force: true });
      renameSync(layout, place);
    } finally {
      await rm(layout, { recursive: true, force: true });
      await rm(scratch, { recursive: true, force: true });
    }
    const built = takeFromCache(item, this.#parts);
    if (!built) throw new EngineError('internal', 'it was built but is not there');
    if (neededImages.includes(recipe.name)) await this.#parts.workshop?.keep(built);
    return built;
  }

  /** The base's own steps are shown as those of the image that waits for it. */
  async #base(item: Item, name: string): Promise<CatalogueEntry> {
    const base = this.#items().get(name);
    if (!base) throw new EngineError('notFound', `the catalogue has no image ${name}`);
    if (base.state === 'ready' && base.entry) return base.entry;
    const building = this.built(base);
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

  /** Builds it even where it is there. What is being built already goes on. */
  again(item: Item): void {
    if (item.building) return;
    item.state = 'waiting';
    item.building = this.#building(item, true);
    item.building.catch(() => undefined);
  }
}
