// Results of the steps of one build: those that are known, and those that it makes.

import type { BuildImages, MadeLayer } from '../../images/build-images.ts';
import type { CachedStep } from '../../images/cached-step.ts';
import { newId } from '../builds.ts';
import type { CacheRecord } from '../cache/cache-document.ts';
import type { RemoteLayers } from '../cache/remote-layers.ts';
import type { StepKeys } from './step-keys.ts';

export class StepResults {
  readonly #images: BuildImages;
  readonly #remote: RemoteLayers;
  readonly #held: AsyncDisposableStack;
  readonly #records = new Map<string, CacheRecord>();

  /** What is found is kept until `held` is disposed of. */
  constructor(images: BuildImages, remote: RemoteLayers, held: AsyncDisposableStack) {
    this.#images = images;
    this.#remote = remote;
    this.#held = held;
  }

  /** What a cache of this build has: each step that has a layer, by each of its keys. */
  get records(): readonly CacheRecord[] {
    return [...this.#records.values()];
  }

  /** Of this host's builds, or else of an imported cache. Throws what looking at a stage's files throws. */
  async find(keys: StepKeys, description: string): Promise<CachedStep | null> {
    const { steps } = this.#images;
    const key = keys.byLayers;
    const byLayers =
      this.#found(steps.find(key)) ?? this.#found(await this.#remote.find(key, { key, filesKey: null, description }));
    // To look at the files costs as much as to take them, nearly: only where something may come of it.
    if (byLayers || keys.shape === null || !(await this.#hasShape(keys.shape))) return byLayers;
    const filesKey = await keys.byFiles();
    if (filesKey === null) return null;
    return (
      this.#found(steps.findFiles(filesKey, key)) ??
      this.#found(await this.#remote.find(filesKey, { key, filesKey, description }))
    );
  }

  async #hasShape(shape: string): Promise<boolean> {
    return this.#images.steps.hasShape(shape) || (await this.#remote.hasShape(shape));
  }

  /** `isAgain`: also where there is one that is known; this one counts from then on. */
  async add(
    keys: StepKeys,
    { diffId, bytes }: MadeLayer,
    { description, isAgain }: { readonly description: string; readonly isAgain: boolean },
  ): Promise<CacheRecord> {
    const { steps } = this.#images;
    const key = keys.byLayers;
    const filesKey = await keys.byFiles();
    if (isAgain) steps.remove(key);
    const { createdAt } = steps.add({ key, filesKey, id: newId(), diffId, bytes, description });
    return this.#record({ key, filesKey, diffId, createdAt });
  }

  #found(step: CachedStep | null | undefined): CachedStep | null {
    if (!step) return null;
    this.#held.use(this.#images.hold([step.diffId]));
    this.#record(step);
    return step;
  }

  #record({ key, filesKey, diffId, createdAt }: CacheRecord & Pick<CachedStep, 'filesKey'>): CacheRecord {
    const record = { key, diffId, createdAt };
    this.#records.set(key, record);
    if (filesKey !== null) this.#records.set(filesKey, { ...record, key: filesKey });
    return record;
  }
}
