// Reads the JSON of Debian's security tracker (security-tracker.debian.org/tracker/data/json): one object of tens of megabytes, by source
// package, then by vulnerability, then by release. It is never in memory whole.

import { createReadStream } from 'node:fs';
import { JSONParser } from '@streamparser/json';
import { z } from 'zod';
import { EngineError } from '../../../errors.ts';
import type { FeedTables } from './feed-tables.ts';

const pieceBytes = 256 * 1024;
const entrySchema = z.object({
  description: z.string().optional(),
  releases: z.record(
    z.string(),
    z.object({
      status: z.string(),
      urgency: z.string().optional(),
      fixed_version: z.string().optional(),
      nodsa: z.string().optional(),
      nodsa_reason: z.string().nullish(),
    }),
  ),
});
type Entry = z.output<typeof entrySchema>;
const idPattern = /^(?:CVE|TEMP)-[A-Za-z0-9-]{1,60}$/;
/** So many entries of another shape are the feed's own affair: it is written by a program that changes. */
const toleratedShare = 0.01;

/** Throws invalid where it is something else, or cut off. */
export async function readTracker(path: string, into: FeedTables): Promise<void> {
  const parser = new JSONParser({ paths: ['$.*.*'], keepStack: false, stringBufferSize: 64 * 1024 });
  let [entries, odd] = [0, 0];
  parser.onValue = ({ value, key, stack }) => {
    entries++;
    const source = stack.at(-1)?.key;
    const { data } = entrySchema.safeParse(value);
    if (!data || typeof key !== 'string' || typeof source !== 'string' || !idPattern.test(key)) odd++;
    else addEntry(into, source, key, data);
  };
  try {
    for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) parser.write(piece as Buffer);
    if (!parser.isEnded) throw new Error('it is cut off');
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw new EngineError('invalid', `the feed is no JSON: ${what.slice(0, 300)}`, { cause: error });
  }
  if (entries === 0 || odd > entries * toleratedShare)
    throw new EngineError('invalid', 'the feed is JSON, and not that of Debian’s security tracker');
}

function addEntry(into: FeedTables, source: string, id: string, { description, releases }: Entry): void {
  let isTold = false;
  for (const [release, one] of Object.entries(releases)) {
    into.tellsOf(release);
    const { status, fixed_version: fixed, urgency = '', nodsa, nodsa_reason: reason } = one;
    // Version 0 is Debian's word for a package that never had it.
    if (fixed === '0' || (status === 'resolved' && fixed === undefined)) continue;
    isTold = true;
    into.add({
      ...{ source, release, id, isOwn: true, introduced: '', last: null, urgency },
      fixed: status === 'resolved' ? (fixed ?? null) : null,
      isUndetermined: status === 'undetermined',
      isWithoutAdvisory: nodsa !== undefined || Boolean(reason),
      note: reason || nodsa || '',
    });
  }
  if (isTold && description) into.describe(id, description);
}
