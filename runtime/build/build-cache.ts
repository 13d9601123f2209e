// The cache of builds as `docker buildx du` and `docker builder prune` tell it.

import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { CachedStep } from '../images/cached-step.ts';
import type { StepCache } from '../images/step-cache.ts';
import type { PruneRequest, UsageRecordSchema } from './messages/control_pb.ts';

type Usage = MessageInitShape<typeof UsageRecordSchema>;

export class BuildCache {
  readonly #steps: StepCache;

  constructor(steps: StepCache) {
    this.#steps = steps;
  }

  usage(): Usage[] {
    return this.#steps.all().map(usageOf);
  }

  /** Removes what the request means, and tells of each. */
  prune({ keepDuration, maxUsedSpace, reservedSpace }: PruneRequest): Usage[] {
    const before = keepDuration > 0 ? Date.now() - Number(keepDuration) / 1_000_000 : Number.POSITIVE_INFINITY;
    return this.#steps.prune({ before, maxBytes: Number(maxUsedSpace || reservedSpace) }).map(usageOf);
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
