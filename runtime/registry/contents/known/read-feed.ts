// Reads a feed of known vulnerabilities into tables: Debian's security tracker as one JSON file, or the OSV database of Debian as a zip.
// For a worker thread.

import { open } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';
import { EngineError } from '../../../errors.ts';
import { FeedTables } from './feed-tables.ts';
import { readOsv } from './read-osv.ts';
import { readTracker } from './read-tracker.ts';

/** The number of rows. Throws invalid for what is neither, or is cut off. */
export async function readFeed(path: string, tables: DatabaseSync): Promise<number> {
  const into = new FeedTables(tables);
  const { start, date } = await beginning(path);
  if (start.startsWith('PK')) into.finish('osv', earlier(await readOsv(path, into), date));
  else if (start.trimStart().startsWith('{')) {
    await readTracker(path, into);
    into.finish('debian', date);
  } else
    throw new EngineError(
      'invalid',
      'the feed is neither the JSON of Debian’s security tracker nor a zip of OSV’s advisories',
    );
  return into.rows;
}

async function beginning(path: string): Promise<{ readonly start: string; readonly date: string }> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(64), position: 0 });
  const { mtime } = await file.stat();
  return { start: buffer.toString('utf8', 0, bytesRead), date: mtime.toISOString() };
}

/** A file that was copied is younger than what is in it. */
function earlier(newest: string | null, date: string): string {
  return newest !== null && newest < date ? newest : date;
}
