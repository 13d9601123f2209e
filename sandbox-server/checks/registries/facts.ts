// What is known of registries, as checks look at it: plain data. Names and digests in it may be a student's.

import type { ImageMove } from '@drydock/runtime';

export interface TagFact {
  /** Of its manifest or index. */
  readonly digest: string;
  /** Null where that is not known. */
  readonly imageId: string | null;
}

export interface RepositoryFact {
  /** Why the registry did not tell, as whole sentences; null where it did. */
  readonly silence: string | null;
  readonly exists: boolean;
  /** Null where that is not known. */
  readonly visibility: 'public' | 'private' | null;
  /** Those that moved last come first, where that is known. */
  readonly tags: ReadonlyMap<string, TagFact>;
  /** Who may pull it: by the lab's name of a host, or `anonymous`. */
  readonly mayPull: ReadonlyMap<string, boolean>;
  /** Other repositories beside it; empty where it exists. */
  readonly others: readonly string[];
}

export interface MoveFact extends ImageMove {
  /** Ids of the tasks that were done when it ended. */
  readonly doneTasks: ReadonlySet<string>;
}
