// What is recorded of BuildKit for a case.

import type { ImageDocument } from '../../../../runtime/build/language/image-document.ts';

export type RecordedImage = ImageDocument;

export interface RecordedWarning {
  readonly short: string;
  readonly detail: string;
  readonly url: string;
  readonly lines: readonly number[];
}

export interface Recorded {
  readonly name: string;
  /** Null where it was built. */
  readonly error: string | null;
  /** What buildx prints above the error. */
  readonly excerpt: string;
  readonly warnings: readonly RecordedWarning[];
  /** The names of the steps in progress, sorted. */
  readonly steps: readonly string[];
  readonly image: RecordedImage | null;
}
