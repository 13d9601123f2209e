// The cache of builds as `docker buildx du` and `docker builder prune` tell it.

import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { CachedStep } from '../images/cached-step.ts';
import type { StepCache } from '../images/step-cache.ts';
import type { PruneRequest, UsageRecordSchema } from './messages/control_pb.ts';
import { usageFilter } from './usage-filter.ts';

type Usage = MessageInitShape<typeof UsageRecordSchema>;

export class BuildCache {
  readonly #steps: StepCache;
  /** Removes what builds keep besides their layers, as far as nobody uses it. */
  readonly #clearRest: () => Promise<void>;

  constructor(steps: StepCache, clearRest: () => Promise<void>) {
    this.#steps = steps;
    this.#clearRest = clearRest;
  }

  /** Throws invalidArgument for filters that are none. */
  usage(filters: readonly string[]): Usage[] {
    return this.#steps.all().filter(usageFilter(filters)).map(usageOf);
  }

  /**
   * Removes what was last used `keepMs` ago or more, until the rest holds no more than so many bytes (0: all of it), and tells of each.
   * Caches of `RUN --mount` and files of clients go where no time, size or filter is given. Throws invalidArgument for filters that
   * are none.
   */
  async prune({
    keepMs,
    maxBytes,
    filters = [],
  }: {
    readonly keepMs: number;
    readonly maxBytes: number;
    readonly filters?: readonly string[];
  }): Promise<readonly CachedStep[]> {
    const only = usageFilter(filters);
    if (keepMs === 0 && maxBytes === 0 && !filters.some(Boolean)) await this.#clearRest();
    const before = keepMs > 0 ? Date.now() - keepMs : Number.POSITIVE_INFINITY;
    return this.#steps.prune({ before, maxBytes, only });
  }

  async *pruned({ filter: filters, keepDuration, maxUsedSpace, reservedSpace }: PruneRequest): AsyncGenerator<Usage> {
    const removed = await this.prune({
      keepMs: Number(keepDuration) / 1_000_000,
      maxBytes: Number(maxUsedSpace || reservedSpace),
      filters,
    });
    yield* removed.map(usageOf);
  }
}

function usageOf({ id, bytes, description, createdAt, usedAt, uses }: CachedStep): Usage {
  return {
    id,
    mutable: false,
    inUse: false,
    size: BigInt(bytes),
    createdAt: timestampFromDate(new Date(createdAt)),
    lastUsedAt: timestampFromDate(new Date(usedAt)),
    usageCount: BigInt(uses),
    description,
    recordType: 'regular',
    shared: false,
    parents: [],
  };
}
