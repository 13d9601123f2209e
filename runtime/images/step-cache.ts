// What the builds of one host have made before: for each step, by what it was made of, the layer that came of it. Nobody else is told
// whether it is there. The layers stay until they are too many, or pruned.

import { maxStepCacheBytes, maxStepCacheEntries } from '../limits.ts';
import type { Records } from '../store/records.ts';
import { type CachedStep, cachedStepKind, shapeIn } from './cached-step.ts';
import type { Contents } from './contents.ts';

type NewStep = Pick<CachedStep, 'key' | 'filesKey' | 'id' | 'diffId' | 'bytes' | 'description'> &
  Partial<Pick<CachedStep, 'createdAt' | 'pulledFrom'>>;

export class StepCache {
  readonly #hostId: string;
  readonly #records: Records;
  readonly #contents: Contents;
  /** By key, the one that was used last at the end. */
  readonly #steps = new Map<string, CachedStep>();
  /** Keys, by the keys of files. */
  readonly #byFiles = new Map<string, string>();

  constructor(hostId: string, records: Records, contents: Contents) {
    this.#hostId = hostId;
    this.#records = records;
    this.#contents = contents;
    const stored = records.list(cachedStepKind, hostId).sort((a, b) => (a.usedAt < b.usedAt ? -1 : 1));
    for (const step of stored) this.#set(step);
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

  /** The layer that was made of the same files before, or undefined: it has this key from then on. */
  findFiles(filesKey: string, key: string): CachedStep | undefined {
    const madeMeanwhile = this.find(key);
    const before = this.#byFiles.get(filesKey);
    if (madeMeanwhile || before === undefined) return madeMeanwhile;
    const found = this.find(before);
    if (!found) return undefined;
    const renamed = this.#save({ ...found, key });
    this.#forget(before);
    return renamed;
  }

  /** Whether `findFiles` may find any of a shape. */
  hasShape(shape: string): boolean {
    return this.all().some(({ filesKey }) => filesKey !== null && shapeIn(filesKey) === shape);
  }

  /** Keeps a layer that is there. Those that were not used for longest go where there are too many. */
  add(step: NewStep): CachedStep {
    const there = this.#steps.get(step.key);
    if (there) return there;
    const now = new Date().toISOString();
    this.#contents.keep(step.diffId);
    this.#takeFilesKey(step.filesKey);
    const added = this.#save({ createdAt: now, pulledFrom: null, ...step, hostId: this.#hostId, usedAt: now, uses: 1 });
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
    this.#forget(key);
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

  /** What was made last of the same files is what counts. */
  #takeFilesKey(filesKey: string | null): void {
    const before = filesKey === null ? undefined : this.#steps.get(this.#byFiles.get(filesKey) ?? '');
    if (!before) return;
    const without = { ...before, filesKey: null };
    this.#steps.set(before.key, without);
    this.#records.put(cachedStepKind, this.#hostId, before.key, without);
  }

  #forget(key: string): void {
    const filesKey = this.#steps.get(key)?.filesKey ?? null;
    this.#steps.delete(key);
    if (filesKey !== null && this.#byFiles.get(filesKey) === key) this.#byFiles.delete(filesKey);
    this.#records.delete(cachedStepKind, this.#hostId, key);
  }

  #set(step: CachedStep): void {
    this.#steps.delete(step.key);
    this.#steps.set(step.key, step);
    if (step.filesKey !== null) this.#byFiles.set(step.filesKey, step.key);
  }

  #save(step: CachedStep): CachedStep {
    this.#set(step);
    this.#records.put(cachedStepKind, this.#hostId, step.key, step);
    return step;
  }
}
