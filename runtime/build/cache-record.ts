// What builds keep, as their clients are told of it.

/** Something that builds keep. */
export interface CacheRecord {
  readonly id: string;
  readonly type: 'regular' | 'exec.cachemount' | 'source.local';
  readonly description: string;
  readonly bytes: number;
  readonly isMutable: boolean;
  /** A build that is under way uses it. */
  readonly inUse: boolean;
  /** It is a layer of an image too, and counted there. */
  readonly isShared: boolean;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly usedAt: string;
  readonly uses: number;
}

/** What keeps such things that are no layers. */
export interface Keeper {
  records(): Promise<readonly CacheRecord[]>;
  /** False where it is in use, or gone. */
  remove(id: string): Promise<boolean>;
}
