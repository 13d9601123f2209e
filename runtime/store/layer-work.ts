// Packs a directory into a layer's blob, unpacks a blob into a directory, or only hashes it, in a thread of its own.

import { EngineError } from '../errors.ts';
import { idleThreads } from '../idle-threads.ts';
import { takeThread } from '../spare-threads.ts';
import { type FailedJob, inThread } from '../thread-job.ts';
import type { ExtractLimits } from './extract.ts';

export type LayerJob =
  | { readonly kind: 'pack'; readonly directory: string; readonly blob: string; readonly compression: 'gzip' | 'zstd' }
  /** Compresses the tar of one blob, or of a file that xz or bzip2 has packed, anew into a new file. */
  | {
      readonly kind: 'compress';
      readonly from: string;
      readonly blob: string;
      readonly compression: 'gzip' | 'zstd';
      readonly maxBytes: number;
    }
  | ({
      readonly kind: 'unpack';
      readonly blob: string;
      readonly directory: string;
      /** What the blob and the tar in it must hash to; null where nobody has said. */
      readonly digest: string | null;
      readonly diffId: string | null;
      /** The blob is known to hash to `digest`. */
      readonly isHashed: boolean;
      /** The blob is being written still, and so long in the end; left out where it is whole. */
      readonly growsTo?: number;
    } & ExtractLimits)
  /** With what the blob is known to hash to; null where it has to be found out. */
  | { readonly kind: 'hash'; readonly blob: string; readonly maxBytes: number; readonly digest: string | null };

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
  readonly tarBytes: number;
  /** Files whose owner a host cannot show: they are nobody's. */
  readonly foreign: number;
}

/** What a blob is, before it is known to be a layer. */
export interface Hashed {
  readonly diffId: string;
  readonly digest: string;
  readonly size: number;
  readonly tarBytes: number;
}

export type LayerMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'packed'; readonly result: Packed }
  | { readonly kind: 'unpacked'; readonly result: Unpacked }
  | { readonly kind: 'hashed'; readonly result: Hashed }
  | FailedJob;

/** It needs about 20 MB. */
const program = { url: new URL('./layer-worker.ts', import.meta.url), maxHeapMb: 256 };

const threads = idleThreads(
  () => {
    const worker = takeThread(program);
    worker.on('error', () => undefined); // whoever has it is told too
    return worker;
  },
  (worker) => void worker.terminate(),
);

/** What a larger one was read with, up to 64 MB, is given back with its thread. */
const maxSmallBytes = 4 * 1024 * 1024;
const isSmall = ({ tarBytes }: { readonly tarBytes: number }): boolean => tarBytes <= maxSmallBytes;

/** Called with the bytes of the tar (pack) or of the blob (unpack, hash) that are done. */
export type OnBytes = (bytes: number) => void;

/** Writes the blob of a new file `blob`; on an error that file is the caller's to remove. */
export function pack(
  job: LayerJob & { kind: 'pack' | 'compress' },
  signal: AbortSignal,
  onBytes: OnBytes,
): Promise<Packed> {
  return work(job, signal, onBytes, (message) => (message.kind === 'packed' ? message.result : undefined));
}

/** Fills the empty `directory`, verified when it resolves, though not on the disk yet; on an error what is in it is the caller's to remove. */
export function unpack(job: LayerJob & { kind: 'unpack' }, signal: AbortSignal, onBytes: OnBytes): Promise<Unpacked> {
  return work(job, signal, onBytes, (message) => (message.kind === 'unpacked' ? message.result : undefined));
}

/** Reads a blob through and expands it, keeping nothing. Throws tooLarge where it expands beyond the limit. */
export function hash(job: LayerJob & { kind: 'hash' }, signal: AbortSignal, onBytes: OnBytes): Promise<Hashed> {
  return work(job, signal, onBytes, (message) => (message.kind === 'hashed' ? message.result : undefined));
}

function work<Answer extends Hashed>(
  job: LayerJob,
  signal: AbortSignal,
  onBytes: OnBytes,
  answerOf: (message: Exclude<LayerMessage, FailedJob>) => Answer | undefined,
): Promise<Answer> {
  return inThread<LayerMessage, Answer>(
    {
      program,
      again: { threads, mayWait: isSmall },
      data: job,
      answerOf: (message) => {
        if (message.kind === 'progress') onBytes(message.bytes);
        return answerOf(message);
      },
      died: (error) => new EngineError('internal', `the layer thread failed: ${String(error)}`),
    },
    signal,
  );
}
