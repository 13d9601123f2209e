// Reads what others know of packages into tables, in a thread of its own: files of tens of megabytes.

import { EngineError } from '../../../errors.ts';
import { type FailedJob, inThread } from '../../../thread-job.ts';

export interface ListFile {
  /** A `Packages` file, as apt keeps it. */
  readonly path: string;
  /** `bookworm-security` */
  readonly suite: string;
  /** `bookworm` */
  readonly codename: string;
  /** RFC 3339. */
  readonly date: string;
  /** Hex, of the list itself; empty where the release's file does not say it. */
  readonly sha256: string;
}

export interface KnownJob {
  readonly read:
    | { readonly kind: 'feed'; readonly path: string }
    | { readonly kind: 'lists'; readonly files: readonly ListFile[] };
  /** The tables' new file. */
  readonly place: string;
  /** Written into it. */
  readonly fingerprint: string;
  readonly format: number;
}

export type KnownMessage = { readonly kind: 'read'; readonly rows: number } | FailedJob;

/** 71 MB of a feed are read within 64. */
const program = { url: new URL('./known-worker.ts', import.meta.url), maxHeapMb: 256 };

/** The number of rows. Throws invalid for files that are not what they should be; what is in the new file then is the caller's to remove. */
export function readKnown(job: KnownJob, signal: AbortSignal): Promise<number> {
  return inThread<KnownMessage, number>(
    {
      program,
      again: null,
      data: job,
      answerOf: ({ rows }) => rows,
      died: (cause) => new EngineError('invalid', `it cannot be read: ${String(cause)}`, { cause }),
    },
    signal,
  );
}
