// Reads what an archive for `docker load` says that it holds, in a thread of its own: its documents may have 4 MiB each.

import { Worker } from 'node:worker_threads';
import { EngineError, type ErrorKind } from '../errors.ts';
import { libcCalls } from '../kernel/libc.ts';
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

export type ArchiveMessage =
  | { readonly kind: 'images'; readonly images: readonly LoadableImage[] }
  | { readonly kind: 'failed'; readonly errorKind: ErrorKind; readonly message: string };

/** Of a document of 4 MiB of brackets; a real one takes 5 MB. */
const maxWorkerHeapMb = 512;

/** Throws invalid, dataLoss or tooLarge, saying what is wrong with the archive. */
export async function readArchive(job: ArchiveJob, signal: AbortSignal): Promise<readonly LoadableImage[]> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./archive-worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: maxWorkerHeapMb },
  });
  const { promise, resolve, reject } = Promise.withResolvers<readonly LoadableImage[]>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  worker.on('message', (message: ArchiveMessage) => {
    if (message.kind === 'images') resolve(message.images);
    else reject(new EngineError(message.errorKind, message.message));
  });
  worker.on('error', (error) =>
    reject(new EngineError('invalid', `the archive's documents cannot be read: ${String(error)}`)),
  );
  worker.on('exit', () => reject(new EngineError('internal', 'the archive thread ended without an answer')));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    await worker.terminate();
    // What the thread had the C library keeps for the next thread unless it is told.
    libcCalls.mallocTrim(0);
  }
}
