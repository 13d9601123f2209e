// Reads what an archive for `docker load` says that it holds, in a thread of its own: its documents may have 4 MiB each.

import { EngineError } from '../errors.ts';
import { type FailedJob, inThread } from '../thread-job.ts';
import type { BroughtConfiguration } from './contents.ts';
import type { ArchivedLayer } from './image-archive.ts';
import type { UploadedFile } from './upload.ts';

export interface ArchiveJob {
  readonly files: ReadonlyMap<string, UploadedFile>;
  /** What the configurations may hold together. */
  readonly maxConfigurationBytes: number;
}

/** An image in an archive whose configuration is what it should be; its layers are yet to be looked at. */
export interface LoadableImage {
  readonly configuration: BroughtConfiguration;
  readonly configurationFile: UploadedFile;
  readonly layers: readonly ArchivedLayer[];
  /** References as the archive spells them. */
  readonly names: readonly string[];
}

export type ArchiveMessage = { readonly kind: 'images'; readonly images: readonly LoadableImage[] } | FailedJob;

/** Of a document of 4 MiB of brackets; a real one takes 5 MB. */
const maxWorkerHeapMb = 512;

/** Throws invalid, dataLoss or tooLarge, saying what is wrong with the archive. */
export async function readArchive(job: ArchiveJob, signal: AbortSignal): Promise<readonly LoadableImage[]> {
  return inThread<ArchiveMessage, readonly LoadableImage[]>(
    {
      program: new URL('./archive-worker.ts', import.meta.url),
      data: job,
      maxHeapMb: maxWorkerHeapMb,
      answerOf: ({ images }) => images,
      died: (error) => new EngineError('invalid', `the archive's documents cannot be read: ${String(error)}`),
    },
    signal,
  );
}
