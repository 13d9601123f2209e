// What the builds of one host have made before: for each step, by what it was made of, the layer that came of it. Nobody else is told
// whether it is there. The layers stay until they are too many, or pruned.

import { maxStepCacheBytes, maxStepCacheEntries } from '../limits.ts';
import type { Records } from '../store/records.ts';
import { type CachedStep, cachedStepKind } from './cached-step.ts';
import type { Contents } from './contents.ts';

export class StepCache {
  readonly #hostId: string;
  readonly #records: Records;
  readonly #contents: Contents;
  /** By key, the one that was used last at the end. */
  readonly #steps = new Map<string, CachedStep>();

  constructor(hostId: string, records: Records, contents: Contents) {
    this.#hostId = hostId;
    this.#records = records;
    this.#contents = contents;
    const stored = records.list(cachedStepKind, hostId).sort((a, b) => (a.usedAt < b.usedAt ? -1 : 1));
    for (const step of stored) this.#steps.set(step.key, step);
  }

  all(): readonly CachedStep[] {
    return [...this.#steps.values()];
  }

  get bytes(): number {
    return this.all().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The layer that was made of this before, or undefined. */
  find(key: string): CachedStep | undefined {
    const found = this.#steps.get(key);
    if (found && !this.#contents.hasLayer(found.diffId)) {
      this.remove(key);
      return undefined;
    }
    return found && this.#save({ ...found, usedAt: new Date().toISOString(), uses: found.uses + 1 });
  }

  /** Keeps a layer that is there. Those that were not used for longest go where there are too many. */
  add(step: Pick<CachedStep, 'key' | 'id' | 'diffId' | 'bytes' | 'description'> & { createdAt?: string }): CachedStep {
    const there = this.#steps.get(step.key);
    if (there) return there;
    const now = new Date().toISOString();
    this.#contents.keep(step.diffId);
    const added = this.#save({ createdAt: now, ...step, hostId: this.#hostId, usedAt: now, uses: 1 });
    for (let bytes = this.bytes; bytes > maxStepCacheBytes || this.#steps.size > maxStepCacheEntries; ) {
      const [oldest] = this.#steps.values();
      if (!oldest || oldest.key === step.key) break;
      bytes -= oldest.bytes;
      this.remove(oldest.key);
    }
    return added;
  }

  /** Idempotent. */
  remove(key: string): void {
    const step = this.#steps.get(key);
    if (!step) return;
    this.#steps.delete(key);
    this.#records.delete(cachedStepKind, this.#hostId, key);
    this.#contents.letGo(step.diffId);
  }

  /** By the id that clients know. False where there is none. */
  removeId(id: string): boolean {
    const step = this.all().find((one) => one.id === id);
    if (step) this.remove(step.key);
    return step !== undefined;
  }

  /** Removes what was used least lately, until those that `counts` holds for have no more than so many bytes. */
  trim(maxBytes: number, counts: (step: CachedStep) => boolean): void {
    const counted = this.all().filter(counts);
    let bytes = counted.reduce((sum, step) => sum + step.bytes, 0);
    for (const step of counted) {
      if (bytes <= maxBytes) break;
      bytes -= step.bytes;
      this.remove(step.key);
    }
  }

  clear(): void {
    for (const key of [...this.#steps.keys()]) this.remove(key);
  }

  #save(step: CachedStep): CachedStep {
    this.#steps.delete(step.key);
    this.#steps.set(step.key, step);
    this.#records.put(cachedStepKind, this.#hostId, step.key, step);
    return step;
  }
}
