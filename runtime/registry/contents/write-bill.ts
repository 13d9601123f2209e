// Writes the SBOM of an image into a file, in a thread of its own: for thousands of packages it takes a tenth of a second.

import { EngineError } from '../../errors.ts';
import { type FailedJob, inThread } from '../../thread-job.ts';
import type { Content } from './content.ts';

export interface BillJob {
  /** Of the image's manifest. */
  readonly image: string;
  readonly content: Content;
  /** A new file. */
  readonly path: string;
}

export interface WrittenBill {
  readonly sha256: string;
  readonly size: number;
}

export type BillMessage = { readonly kind: 'written'; readonly bill: WrittenBill } | FailedJob;

const program = { url: new URL('./bill-worker.ts', import.meta.url), maxHeapMb: 256 };

export function writeBill(job: BillJob, signal: AbortSignal): Promise<WrittenBill> {
  return inThread<BillMessage, WrittenBill>(
    {
      program,
      again: null,
      data: job,
      answerOf: ({ bill }) => bill,
      died: (cause) => new EngineError('internal', `the SBOM could not be written: ${String(cause)}`, { cause }),
    },
    signal,
  );
}
