// Reads the OSV database of Debian (osv-vulnerabilities, `Debian/all.zip`): a zip with a JSON file for each advisory (ossf.github.io
// "Open Source Vulnerability format").

import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { z } from 'zod';
import { EngineError } from '../../../errors.ts';
import type { FeedTables } from './feed-tables.ts';

/** Of one advisory; real ones have 100 KB at most. */
const maxAdvisoryBytes = 8 * 1024 * 1024;
const maxFiles = 1_000_000;
const toleratedShare = 0.01;

const ids = z.array(z.string()).optional();
const event = z.object({
  introduced: z.string().optional(),
  fixed: z.string().optional(),
  last_affected: z.string().optional(),
});
const advisorySchema = z.object({
  id: z.string(),
  modified: z.string().optional(),
  withdrawn: z.string().nullish(),
  aliases: ids,
  upstream: ids,
  summary: z.string().optional(),
  details: z.string().optional(),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string(), name: z.string() }).optional(),
        ranges: z.array(z.object({ type: z.string(), events: z.array(event) })).nullish(),
        ecosystem_specific: z.object({ urgency: z.string().optional() }).nullish(),
      }),
    )
    .nullish(),
});
type Osv = z.output<typeof advisorySchema>;

const idPattern = /^[A-Za-z0-9][A-Za-z0-9:.-]{1,80}$/;
const isCve = (id: string): boolean => /^CVE-\d{4}-\d{4,12}$/.test(id);

/** Of when the newest advisory is; null where none says so. Throws invalid where it is something else, or cut off. */
export async function readOsv(path: string, into: FeedTables): Promise<string | null> {
  let [files, odd, newest] = [0, 0, ''];
  try {
    for await (const text of advisoriesIn(path)) {
      if (++files > maxFiles) throw new EngineError('tooLarge', `the feed has more than ${maxFiles} advisories`);
      const found = parsed(text);
      if (!found) odd++;
      else if (!found.withdrawn) {
        addAdvisory(into, found);
        if (found.modified !== undefined && found.modified > newest) newest = found.modified;
      }
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw new EngineError('invalid', `the feed is no zip that can be read: ${what.slice(0, 300)}`, { cause: error });
  }
  if (into.rows === 0 || odd > files * toleratedShare)
    throw new EngineError('invalid', 'the feed is a zip, and not one of OSV’s advisories for Debian');
  return Number.isNaN(Date.parse(newest)) ? null : new Date(newest).toISOString();
}

/** The text of each file that ends in `.json`. */
async function* advisoriesIn(path: string): AsyncGenerator<string> {
  const open = promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open);
  const zip = await open(path, { lazyEntries: true, autoClose: false });
  const openEntry = promisify<yauzl.Entry, Readable>(zip.openReadStream.bind(zip));
  try {
    for (;;) {
      const entry = await nextEntry(zip);
      if (!entry) return;
      if (!entry.fileName.endsWith('.json')) continue;
      if (entry.uncompressedSize > maxAdvisoryBytes)
        throw new EngineError(
          'tooLarge',
          `${entry.fileName.slice(0, 100)} in the feed has ${entry.uncompressedSize} bytes`,
        );
      const content = await openEntry(entry);
      yield Buffer.concat(await content.toArray()).toString('utf8');
    }
  } finally {
    zip.close();
  }
}

/** Null after the last. */
function nextEntry(zip: yauzl.ZipFile): Promise<yauzl.Entry | null> {
  const { promise, resolve, reject } = Promise.withResolvers<yauzl.Entry | null>();
  const end = (): void => resolve(null);
  zip.once('entry', resolve).once('end', end).once('error', reject);
  zip.readEntry();
  return promise.finally(() => {
    zip.off('entry', resolve).off('end', end).off('error', reject);
  });
}

function parsed(text: string): Osv | null {
  try {
    return advisorySchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function addAdvisory(into: FeedTables, found: Osv): void {
  const own = found.id.replace(/^DEBIAN-(?=CVE-)/, '');
  if (!idPattern.test(own)) return;
  const named = [...(found.upstream ?? []), ...(found.aliases ?? [])].filter(isCve);
  // An advisory of Debian is on several: each is told by itself.
  const told = isCve(own) || named.length === 0 ? [own] : [...new Set(named)];
  for (const affected of found.affected ?? []) {
    const release = /^Debian:(.+)$/.exec(affected.package?.ecosystem ?? '')?.[1];
    const source = affected.package?.name;
    if (release === undefined || source === undefined) continue;
    into.tellsOf(release);
    const urgency = affected.ecosystem_specific?.urgency ?? '';
    for (const range of rangesOf(affected.ranges ?? []))
      for (const id of told)
        into.add({
          ...{ source, release, id, isOwn: isCve(own), urgency, ...range },
          ...{ isUndetermined: false, isWithoutAdvisory: false, note: '' },
        });
  }
  for (const id of told) into.describe(id, found.details || found.summary || '');
}

interface Range {
  readonly introduced: string;
  readonly fixed: string | null;
  readonly last: string | null;
}

/** Events come in order: each `introduced` begins a range, and what follows ends it. */
function* rangesOf(
  ranges: readonly { readonly type: string; readonly events: readonly z.output<typeof event>[] }[],
): Generator<Range> {
  for (const { type, events } of ranges) {
    if (type !== 'ECOSYSTEM') continue;
    let open: Range | null = null;
    for (const { introduced, fixed, last_affected: last } of events) {
      if (introduced !== undefined) {
        if (open) yield open;
        open = { introduced: introduced === '0' ? '' : introduced, fixed: null, last: null };
      } else if (open && fixed !== undefined) {
        // Fixed in version 0: the package never had it.
        if (fixed !== '0') yield { ...open, fixed };
        open = null;
      } else if (open && last !== undefined) {
        yield { ...open, last };
        open = null;
      }
    }
    if (open) yield open;
  }
}
