// Looks into one image, in a thread of its own.

import { EngineError } from '../../errors.ts';
import { type FailedJob, inThread } from '../../thread-job.ts';
import type { Content } from './content.ts';

/** A layer, the blob of which is a file; unpacked too, where it is. */
export interface LayerPlace {
  readonly blob: string;
  readonly directory: string | null;
}

export interface LookJob {
  /** The base first. */
  readonly layers: readonly LayerPlace[];
}

export type LookMessage = { readonly kind: 'content'; readonly content: Content } | FailedJob;

/** Lists of 16 MiB in some layers, and the blocks of an archive, take so much. */
const program = { url: new URL('./look-worker.ts', import.meta.url), maxHeapMb: 256 };

/** Throws invalid, tooLarge or dataLoss where the image is not what an image should be. */
export function lookInto(job: LookJob, signal: AbortSignal): Promise<Content> {
  return inThread<LookMessage, Content>(
    {
      program,
      again: null,
      data: job,
      answerOf: ({ content }) => content,
      died: (cause) =>
        (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? new EngineError('tooLarge', 'its lists of packages are too large to be looked at', { cause })
          : new EngineError('internal', `the look into it failed: ${String(cause)}`, { cause }),
    },
    signal,
  );
}
