// What threads do with what clients have sent: such a list is too long for the engine's own thread. Plain data.

import type { ContentKey, Copied } from './content-keys.ts';
import type { SentPlace } from './sent-list.ts';

export type SentJob =
  /** Tells digests of what is copied, one for each; null where it is not there. */
  | { readonly kind: 'sent-keys'; readonly place: SentPlace; readonly copied: readonly Copied[] }
  /** Reads small files, links followed; null where there is none. */
  | {
      readonly kind: 'sent-texts';
      readonly place: SentPlace;
      readonly names: readonly string[];
      readonly maxBytes: number;
    }
  /** Removes from a directory what is not in its list. */
  | { readonly kind: 'sent-tidy'; readonly directory: string; readonly list: string }
  | ReceiveSentJob;

/** Takes a tar, which may be compressed, into a directory, and writes its list to a new file. */
export interface ReceiveSentJob {
  readonly kind: 'sent-receive';
  readonly directory: string;
  readonly list: string;
  readonly maxBytes: number;
  /** A file that was sent, which may be another than an archive; null where the archive comes piece by piece. */
  readonly file: { readonly place: SentPlace; readonly name: string } | null;
}

/** A list that was written. */
export interface ReceivedList {
  readonly list: string;
  /** How many things it has, and how many of these are files. */
  readonly count: number;
  readonly files: number;
  /** What its files hold. */
  readonly bytes: number;
}

export type SentAnswer =
  | { readonly kind: 'sent-keys'; readonly keys: readonly ContentKey[] }
  | { readonly kind: 'sent-texts'; readonly texts: readonly (string | null)[] }
  | { readonly kind: 'sent-tidy' }
  /** Null where the file is no archive. */
  | { readonly kind: 'sent-receive'; readonly received: ReceivedList | null };
