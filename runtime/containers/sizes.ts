// How much a container has written, and how much it sees: `docker ps --size`.

import { constants } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import { networkFileNames } from '../networks/files.ts';
import type { Container } from './container.ts';

/** Files that are looked at for one container; a host's quota allows millions, an answer within a second does not. */
const maxFilesCounted = 50_000;
/** Directories below one another; each costs a descriptor while it is looked at. */
const maxDepth = 100;

interface Sum {
  /** Of regular files. */
  bytes: number;
  /** All but directories, and what the network's files are mounted on. */
  files: number;
  entries: number;
  truncated: boolean;
}

interface Walk extends Sum {
  readonly maxEntries: number;
  /** Inodes with several names that have been counted. */
  readonly seen: Set<number>;
}

/** The empty files that the network's files are mounted on: they come when the container starts, and are nobody's. */
const mountPoints: ReadonlySet<string> = new Set(networkFileNames.map((name) => `/etc/${name}`));

/**
 * Adds what is below `directory`, which is `path` in the layer. Opens each by its parent's descriptor and follows no link: a
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
    if (status?.isFile() && status.size === 0 && mountPoints.has(`${path}/${entry.name}`)) continue;
    sum.files += 1;
    if (!status?.isFile() || (status.nlink > 1 && sum.seen.has(status.ino))) continue;
    if (status.nlink > 1) sum.seen.add(status.ino);
    sum.bytes += status.size;
  }
}

/** What a container's own layer holds, as far as `maxEntries` directory entries go. About 0.05 ms an entry. */
export async function countOwnLayer(container: Container, maxEntries: number): Promise<Readonly<Sum>> {
  const sum = { bytes: 0, files: 0, entries: 0, truncated: false, maxEntries, seen: new Set<number>() };
  await count(`${container.directory}/upper`, '', 0, sum);
  return sum;
}

function imageBytes(container: Container): number {
  try {
    const body: { Size?: unknown } = container.host.images.inspect(container.record.imageId);
    return typeof body.Size === 'number' ? body.Size : 0;
  } catch {
    return 0;
  }
}

/** `SizeRw`: the container's own layer; `SizeRootFs`: with its image's. Best effort. */
export async function sizesOf(container: Container): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const { bytes } = await countOwnLayer(container, maxFilesCounted);
  return { SizeRw: bytes, SizeRootFs: bytes + imageBytes(container) };
}
