// Layers of one build that are elsewhere: results of steps that imported caches have, and those of images that it begins with and the host
// does not have. They come when something is to stand on them, or to be made of them.

import type { ContainerHost } from '../../containers/container.ts';
import type { MadeLayer } from '../../images/build-images.ts';
import { type CachedStep, shapeIn } from '../../images/cached-step.ts';
import { digestOf } from '../../store/blobs.ts';
import { newId } from '../builds.ts';
import { formatPlatform, type Platform } from '../language/platforms.ts';
import type { ImageStep } from '../language/steps.ts';
import type { Vertex } from '../progress.ts';
import type { CacheLayer } from './cache-document.ts';
import { fetchLayers, type LayerPlace } from './layer-place.ts';
import type { ReadCache } from './read-cache.ts';

interface Remote {
  readonly layer: CacheLayer;
  readonly place: LayerPlace;
  /** The image that the build begins with which has it; null where it is of none, or of one without a name. */
  readonly pulledFrom: string | null;
}

export class RemoteLayers {
  readonly #host: ContainerHost;
  readonly #held: AsyncDisposableStack;
  readonly #signal: AbortSignal;
  /** Imported caches; those that cannot be read are empty. */
  readonly #caches: readonly Promise<ReadCache | null>[];
  readonly #remote = new Map<string, Remote>();
  /** By diff ID: what is coming, or has come. */
  readonly #coming = new Map<string, Promise<void>>();
  readonly #bases = new Map<string, readonly string[]>();
  /** By diff ID: the steps that layers of images are told under. */
  readonly #vertices = new Map<string, Vertex>();
  /** Settles when nothing is being fetched. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Diff IDs of those that are kept as results of steps. */
  readonly #ofSteps = new Set<string>();

  /** What comes is kept until `held` is disposed of. */
  constructor(
    host: ContainerHost,
    { held, signal }: { readonly held: AsyncDisposableStack; readonly signal: AbortSignal },
    caches: readonly Promise<ReadCache | null>[] = [],
  ) {
    this.#host = host;
    this.#held = held;
    this.#signal = signal;
    this.#caches = caches;
  }

  /** These layers are elsewhere. `pulledFrom`: the image that the build begins with which has them, where it has a name. */
  add(layers: readonly CacheLayer[], place: LayerPlace, pulledFrom: string | null = null): void {
    for (const layer of layers)
      if (!this.#remote.has(layer.diffId)) this.#remote.set(layer.diffId, { layer, place, pulledFrom });
  }

  /** An image that the host does not have begins with these, which are elsewhere. */
  setBase(reference: string, platform: Platform, diffIds: readonly string[]): void {
    this.#bases.set(`${reference} ${formatPlatform(platform)}`, diffIds);
  }

  /** What was set for a step; null where it stands on an image of the host. `vertex` tells of the layers when they come. */
  base({ reference, platform }: Pick<ImageStep, 'reference' | 'platform'>, vertex: Vertex): readonly string[] | null {
    const diffIds = this.#bases.get(`${reference} ${formatPlatform(platform)}`) ?? null;
    for (const diffId of diffIds ?? []) if (!this.#vertices.has(diffId)) this.#vertices.set(diffId, vertex);
    return diffIds;
  }

  /**
   * The result of a step, where an imported cache has it by `wanted`, one of its keys: it comes, so that the host's own cache has it from
   * then on. One that cannot be had, or is not what the cache says, is none.
   */
  async find(wanted: string, step: Pick<CachedStep, 'key' | 'filesKey' | 'description'>): Promise<CachedStep | null> {
    for (const reading of this.#caches) {
      const cache = await reading;
      const record = cache?.records.find((one) => one.key === wanted);
      if (!cache || !record) continue;
      const layer = cache.layers.find(({ diffId }) => diffId === record.diffId);
      if (!layer) continue;
      this.#ofSteps.add(record.diffId);
      if (!(await this.#canBring(layer, cache.place))) continue;
      const { builds } = this.#host.images;
      const { diffId, createdAt } = record;
      return builds.steps.add({ ...step, diffId, createdAt, id: newId(), bytes: builds.bytesOf([diffId]) });
    }
    return null;
  }

  /** Whether `find` may find a key of files of a shape. */
  async hasShape(shape: string): Promise<boolean> {
    const caches = await Promise.all(this.#caches);
    return caches.some((cache) => cache?.records.some(({ key }) => shapeIn(key) === shape) ?? false);
  }

  async #canBring(layer: CacheLayer, place: LayerPlace): Promise<boolean> {
    this.add([layer], place);
    try {
      await this.bring([layer.diffId]);
      return true;
    } catch {
      this.#signal.throwIfAborted();
      this.#remote.delete(layer.diffId);
      this.#coming.delete(layer.diffId);
      return false;
    }
  }

  /** Resolves when all of these that are elsewhere are here. Throws what is wrong with one. */
  async bring(diffIds: readonly string[]): Promise<void> {
    const places = new Map<LayerPlace, CacheLayer[]>();
    for (const diffId of new Set(diffIds)) {
      const remote = this.#remote.get(diffId);
      if (!remote || this.#coming.has(diffId)) continue;
      places.set(remote.place, [...(places.get(remote.place) ?? []), remote.layer]);
    }
    for (const [place, layers] of places) {
      const coming = this.#fetch(place, layers);
      coming.catch(() => undefined);
      for (const { diffId } of layers) this.#coming.set(diffId, coming);
    }
    await Promise.all(diffIds.map((diffId) => this.#coming.get(diffId)));
  }

  async #fetch(place: LayerPlace, layers: readonly CacheLayer[]): Promise<void> {
    const { builds } = this.#host.images;
    const keep = (diffId: string, bytes: number): void => {
      if (this.#ofSteps.has(diffId)) return;
      const step = baseStep(diffId, this.#remote.get(diffId)?.pulledFrom ?? null);
      if (!builds.steps.find(step.key)) builds.steps.add({ ...step, id: newId(), bytes });
    };
    const missing = layers.filter(({ diffId }) => {
      // What only others have must come as well: that it is in the store is nothing that this host may learn.
      if (!builds.exchange.has(diffId)) return true;
      this.#held.use(builds.hold([diffId]));
      keep(diffId, builds.broughtBytesOf([diffId]));
      return false;
    });
    if (missing.length === 0) return;
    const statuses = new Map(
      missing.map(({ diffId, descriptor }) => [diffId, this.#vertices.get(diffId)?.status(descriptor.digest)]),
    );
    const sizes = new Map(missing.map(({ diffId, descriptor }) => [diffId, descriptor.size]));
    const onLayer = (made: MadeLayer): void => {
      this.#held.use(made);
      statuses.get(made.diffId)?.done(sizes.get(made.diffId));
      keep(made.diffId, made.bytes);
    };
    // One after the other: a host may bring in so many at once.
    const before = this.#turn;
    const fetching = before.then(() => fetchLayers(this.#host, place, missing, onLayer, this.#signal));
    this.#turn = fetching.catch(() => undefined);
    await fetching;
  }
}

/** A layer of a base image is kept as a step is, so that it need not come again. */
function baseStep(diffId: string, pulledFrom: string | null) {
  const description = pulledFrom === null ? `pulled layer ${diffId.slice(7, 19)}` : `pulled from ${pulledFrom}`;
  return { key: digestOf(`base ${diffId}`), filesKey: null, diffId, description, pulledFrom };
}
