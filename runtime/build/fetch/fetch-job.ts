// One file that is fetched by HTTP, as its thread is told of it. Plain data.

import type { Reach } from '../../registries/reach.ts';
import type { FailedJob } from '../../thread-job.ts';

export interface FetchJob {
  readonly reach: Reach;
  readonly url: string;
  /** A new file's. On an error what is there is the caller's to remove. */
  readonly path: string;
  /** Of what is had already: where the server still has the same, nothing is fetched. Empty for none. */
  readonly etag: string;
  readonly maxBytes: number;
}

export interface Fetched {
  /** `sha256:…` */
  readonly digest: string;
  readonly bytes: number;
  /** When the server says it was changed; null where it says nothing. */
  readonly modifiedMs: number | null;
  readonly etag: string;
}

export type FetchMessage =
  | { readonly kind: 'fetched'; readonly fetched: Fetched }
  /** It is what it was. */
  | { readonly kind: 'same' }
  | FailedJob;
