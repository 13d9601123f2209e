// Large configurations are looked at in a thread of their own.

import { EngineError } from '../errors.ts';
import type { FoundParts } from '../registries/found-image.ts';
import type { FoundImage } from '../registries/jobs.ts';
import { type FailedJob, inThread } from '../thread-job.ts';

export type FoundMessage = { readonly kind: 'found'; readonly image: FoundImage } | FailedJob;

/** A document of 4 MiB of brackets takes so much. */
const program = { url: new URL('./found-image-worker.ts', import.meta.url), maxHeapMb: 512 };

/** As `foundImage`. */
export function findInThread(parts: FoundParts, signal: AbortSignal): Promise<FoundImage> {
  return inThread<FoundMessage, FoundImage>(
    {
      program,
      again: null,
      data: parts,
      answerOf: ({ image }) => image,
      died: (cause) => new EngineError('dataLoss', 'the image configuration cannot be read', { cause }),
    },
    signal,
  );
}
