// The feed of known vulnerabilities that the operator has brought: a file that a setting names, or one of these names in the data directory.

import { stat } from 'node:fs/promises';
import { EngineError } from '../../../errors.ts';
import { maxFeedBytes } from '../../../limits.ts';
import type { Found } from './derived.ts';

export const feedNames = ['vulnerabilities.json', 'vulnerabilities.zip'] as const;

export interface FeedPlace {
  /** Where it is looked for by name. */
  readonly directory: string;
  /** Where the operator says that it is; null where they do not. */
  readonly path: string | null;
}

/** Null where there is none. Throws notFound where the named one is not there; invalid for what is no file; tooLarge. */
export async function findFeed({ directory, path }: FeedPlace): Promise<Found | null> {
  if (path !== null) {
    const found = await feedAt(path);
    if (found) return found.feed;
    throw new EngineError('notFound', `${path}, the feed of known vulnerabilities, is not there`);
  }
  const there = await Promise.all(feedNames.map((name) => feedAt(`${directory}/${name}`)));
  // The later one, where both are there.
  return there.flatMap((one) => one ?? []).sort((a, b) => b.mtimeMs - a.mtimeMs)[0]?.feed ?? null;
}

async function feedAt(path: string): Promise<{ readonly mtimeMs: number; readonly feed: Found } | null> {
  const found = await stat(path).catch(() => null);
  if (!found) return null;
  if (!found.isFile()) throw new EngineError('invalid', `${path}, the feed of known vulnerabilities, is no file`);
  const { size, mtimeMs, ino } = found;
  if (size > maxFeedBytes)
    throw new EngineError(
      'tooLarge',
      `${path} has ${size} bytes: a feed of known vulnerabilities has ${maxFeedBytes} at most`,
    );
  return { mtimeMs, feed: { fingerprint: JSON.stringify([path, size, mtimeMs, ino]), read: { kind: 'feed', path } } };
}
