// The cache of builds as `docker buildx du`, `docker system df` and `docker builder prune` tell it: layers of steps, directories of
// `RUN --mount=type=cache`, and files of clients.

import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { CachedStep } from '../images/cached-step.ts';
import type { StepCache } from '../images/step-cache.ts';
import type { CacheRecord, Keeper } from './cache-record.ts';
import type { PruneRequest, UsageRecordSchema } from './messages/control_pb.ts';
import { usageFilter } from './usage-filter.ts';

type Usage = MessageInitShape<typeof UsageRecordSchema>;

export interface PruneOptions {
  /** What was last used so long ago or longer. */
  readonly keepMs: number;
  /** Also what an image has too: it frees nothing, and the next build must do it again. */
  readonly all: boolean;
  /** The rest holds no more than this in the end; 0: all goes. */
  readonly maxBytes: number;
  readonly filters?: readonly string[];
}

export class BuildCache {
  readonly #steps: StepCache;
  readonly #keepers: readonly Keeper[];
  readonly #onCleared: () => void;
  readonly #isInImage: () => (diffId: string) => boolean;

  /** `isInImage` tells of layers whether an image has them, as it is when it is called. */
  constructor(
    steps: StepCache,
    isInImage: () => (diffId: string) => boolean,
    keepers: readonly Keeper[],
    onCleared: () => void,
  ) {
    this.#steps = steps;
    this.#isInImage = isInImage;
    this.#keepers = keepers;
    this.#onCleared = onCleared;
  }

  /** Throws invalidArgument for filters that are none. */
  async records(filters: readonly string[]): Promise<readonly CacheRecord[]> {
    const only = usageFilter(filters);
    const kept = await Promise.all(this.#keepers.map((keeper) => keeper.records()));
    const isShared = this.#isInImage();
    return [...this.#steps.all().map((step) => recordOf(step, isShared(step.diffId))), ...kept.flat()].filter(only);
  }

  async usage(filters: readonly string[]): Promise<Usage[]> {
    return (await this.records(filters)).map(usageOf);
  }

  /** Removes what nobody uses and the options say, what was used least lately first, and tells of each. Throws invalidArgument for filters that are none. */
  async prune({ keepMs, maxBytes, all: isAll, filters = [] }: PruneOptions): Promise<readonly CacheRecord[]> {
    const before = keepMs > 0 ? Date.now() - keepMs : Number.POSITIVE_INFINITY;
    const all = [...(await this.records([]))].sort((a, b) => (a.usedAt < b.usedAt ? -1 : 1));
    let left = all.reduce((sum, { bytes }) => sum + bytes, 0);
    const only = usageFilter(filters);
    if (keepMs === 0 && maxBytes === 0 && !filters.some(Boolean)) this.#onCleared();
    const removed: CacheRecord[] = [];
    for (const record of all) {
      if (maxBytes > 0 && left <= maxBytes) break;
      if (record.isShared && !isAll) continue;
      if (Date.parse(record.usedAt) > before || !only(record) || !(await this.#remove(record))) continue;
      left -= record.bytes;
      removed.push(record);
    }
    return removed;
  }

  async #remove({ id, type }: CacheRecord): Promise<boolean> {
    if (type === 'regular') return this.#steps.removeId(id);
    for (const keeper of this.#keepers) if (await keeper.remove(id)) return true;
    return false;
  }

  async *pruned({
    filter: filters,
    all,
    keepDuration,
    maxUsedSpace,
    reservedSpace,
  }: PruneRequest): AsyncGenerator<Usage> {
    const removed = await this.prune({
      all,
      keepMs: Number(keepDuration) / 1_000_000,
      maxBytes: Number(maxUsedSpace || reservedSpace),
      filters,
    });
    yield* removed.map(usageOf);
  }
}

function recordOf({ id, bytes, description, createdAt, usedAt, uses }: CachedStep, isShared: boolean): CacheRecord {
  const constant = { type: 'regular', isMutable: false, inUse: false } as const;
  return { ...constant, id, bytes, description, createdAt, usedAt, uses, isShared };
}

function usageOf(record: CacheRecord): Usage {
  const { id, bytes, description, createdAt, usedAt, uses, type, isMutable: mutable, inUse, isShared: shared } = record;
  return {
    id,
    mutable,
    inUse,
    size: BigInt(bytes),
    createdAt: timestampFromDate(new Date(createdAt)),
    lastUsedAt: timestampFromDate(new Date(usedAt)),
    usageCount: BigInt(uses),
    description,
    recordType: type,
    shared,
    parents: [],
  };
}
