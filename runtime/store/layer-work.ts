// Packs a directory into a layer's blob, unpacks a blob into a directory, or only hashes it, in a thread of its own.

import { Worker } from 'node:worker_threads';
import { EngineError, type ErrorKind } from '../errors.ts';
import { libcCalls } from '../kernel/libc.ts';
import type { ExtractLimits } from './extract.ts';

export type LayerJob =
  | { readonly kind: 'pack'; readonly directory: string; readonly blob: string; readonly compression: 'gzip' | 'zstd' }
  | ({
      readonly kind: 'unpack';
      readonly blob: string;
      readonly directory: string;
      /** What the blob and the tar in it must hash to; null where nobody has said. */
      readonly digest: string | null;
      readonly diffId: string | null;
    } & ExtractLimits)
  | { readonly kind: 'hash'; readonly blob: string; readonly maxBytes: number };

export interface Packed {
  /** Of the tar. */
  readonly diffId: string;
  /** Of the blob, compressed. */
  readonly digest: string;
  readonly size: number;
  readonly tarBytes: number;
}

export interface Unpacked {
  readonly diffId: string;
  readonly digest: string;
  /** What the files hold. */
  readonly size: number;
}

/** What a blob is, before it is known to be a layer. */
export interface Hashed {
  readonly diffId: string;
  readonly digest: string;
  readonly size: number;
}

export type LayerMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'packed'; readonly result: Packed }
  | { readonly kind: 'unpacked'; readonly result: Unpacked }
  | { readonly kind: 'hashed'; readonly result: Hashed }
  | { readonly kind: 'failed'; readonly errorKind: ErrorKind; readonly message: string };

/** A layer's thread needs about 20 MB; a hostile archive must not make it take the engine's memory. */
const maxWorkerHeapMb = 256;

/** Called with the bytes of the tar (pack) or of the blob (unpack, hash) that are done. */
export type OnBytes = (bytes: number) => void;

/** Writes the blob of a new file `blob`; on an error that file is the caller's to remove. */
export async function pack(job: LayerJob & { kind: 'pack' }, signal: AbortSignal, onBytes: OnBytes): Promise<Packed> {
  const message = await work(job, signal, onBytes);
  if (message.kind !== 'packed') throw new EngineError('internal', 'the layer thread answered another question');
  return message.result;
}

/** Fills the empty `directory`, verified and on disk when it resolves; on an error what is in it is the caller's to remove. */
export async function unpack(
  job: LayerJob & { kind: 'unpack' },
  signal: AbortSignal,
  onBytes: OnBytes,
): Promise<Unpacked> {
  const message = await work(job, signal, onBytes);
  if (message.kind !== 'unpacked') throw new EngineError('internal', 'the layer thread answered another question');
  return message.result;
}

/** Reads a blob through and expands it, keeping nothing. Throws tooLarge where it expands beyond the limit. */
export async function hash(job: LayerJob & { kind: 'hash' }, signal: AbortSignal, onBytes: OnBytes): Promise<Hashed> {
  const message = await work(job, signal, onBytes);
  if (message.kind !== 'hashed') throw new EngineError('internal', 'the layer thread answered another question');
  return message.result;
}

async function work(job: LayerJob, signal: AbortSignal, onBytes: OnBytes): Promise<LayerMessage> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./layer-worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: maxWorkerHeapMb },
  });
  const { promise, resolve, reject } = Promise.withResolvers<LayerMessage>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  worker.on('message', (message: LayerMessage) => {
    if (message.kind === 'progress') onBytes(message.bytes);
    else if (message.kind === 'failed') reject(new EngineError(message.errorKind, message.message));
    else resolve(message);
  });
  worker.on('error', (error) => reject(new EngineError('internal', `the layer thread failed: ${String(error)}`)));
  worker.on('exit', () => reject(new EngineError('internal', 'the layer thread ended without an answer')));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    await worker.terminate();
    // What the thread had, up to 64 MB, the C library keeps for the next thread unless it is told.
    libcCalls.mallocTrim(0);
  }
}
