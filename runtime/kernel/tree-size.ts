// How much is in a directory that a stranger fills, as far as a bound goes.

import { constants, type Stats } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';

/** Directories below one another; each costs a descriptor while it is looked at. */
const maxDepth = 100;

export interface TreeSize {
  /** Of regular files. */
  readonly bytes: number;
  /** All but directories. */
  readonly files: number;
  readonly entries: number;
  /** There is more. */
  readonly truncated: boolean;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Walk extends Mutable<TreeSize> {
  readonly maxEntries: number;
  /** Inodes with several names that have been counted. */
  readonly seen: Set<number>;
  readonly counts: (path: string, status: Stats | null) => boolean;
}

/**
 * Adds what is below `directory`, which is `path` in the tree. Opens each by its parent's descriptor and follows no link: a
 * container may swap them.
 */
async function count(directory: string, path: string, depth: number, sum: Walk): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const handle = await open(directory, flags).catch(() => null);
  if (!handle) return;
  await using _owned = handle;
  const held = `/proc/self/fd/${handle.fd}`;
  for await (const entry of await opendir(held)) {
    if (sum.entries >= sum.maxEntries) sum.truncated = true;
    if (sum.truncated) return;
    sum.entries += 1;
    const place = `${held}/${entry.name}`;
    if (entry.isDirectory()) {
      if (depth < maxDepth) await count(place, `${path}/${entry.name}`, depth + 1, sum);
      continue;
    }
    const status = await lstat(place).catch(() => null);
    if (!sum.counts(`${path}/${entry.name}`, status)) continue;
    sum.files += 1;
    if (!status?.isFile() || (status.nlink > 1 && sum.seen.has(status.ino))) continue;
    if (status.nlink > 1) sum.seen.add(status.ino);
    sum.bytes += status.size;
  }
}

/**
 * What `directory` holds, as far as `maxEntries` directory entries go; nothing where it is none. `counts` leaves files out. About
 * 0.05 ms an entry.
 */
export async function sizeOfTree(
  directory: string,
  maxEntries: number,
  counts: Walk['counts'] = () => true,
): Promise<TreeSize> {
  const sum: Walk = { bytes: 0, files: 0, entries: 0, truncated: false, maxEntries, seen: new Set(), counts };
  await count(directory, '', 0, sum);
  const { bytes, files, entries, truncated } = sum;
  return { bytes, files, entries, truncated };
}
