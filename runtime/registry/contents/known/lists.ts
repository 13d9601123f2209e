// The lists of a suite's packages that are on this machine: apt's own, those that the catalogue's builder has fetched, and those that the
// operator has brought. All are as apt keeps them in `/var/lib/apt/lists`. None is fetched for this.

import { open, readdir, stat } from 'node:fs/promises';
import type { Found } from './derived.ts';
import type { ListFile } from './read-known.ts';

/** `deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages.lz4` */
const listName =
  /^(.+_dists_.+?)_(main|contrib|non-free|non-free-firmware)_binary-[a-z0-9]+_Packages(?:\.(?:gz|zst|lz4|xz))?$/;
const codenamePattern = /^([a-z]+)(-updates|-security)?$/;
/** Of a release's file: its head, and the sums of all lists. Debian's have 200 KB. */
const maxReleaseBytes = 1024 * 1024;
/** Of one directory: a machine with many sources has a hundred. */
const maxLists = 500;

interface FoundList extends ListFile {
  /** The same for all copies of one list. */
  readonly key: string;
  readonly print: string;
}

/** What there is for the suites of Debian itself, the latest copy of each; null where there is nothing. */
export async function findLists(directories: readonly string[]): Promise<Found | null> {
  const latest = new Map<string, FoundList>();
  for (const directory of directories) {
    for (const list of await listsIn(directory)) {
      const known = latest.get(list.key);
      if (!known || known.date < list.date) latest.set(list.key, list);
    }
  }
  const chosen = [...latest.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  if (chosen.length === 0) return null;
  return {
    fingerprint: JSON.stringify(chosen.map(({ print }) => print)),
    read: { kind: 'lists', files: chosen.map(({ key: _key, print: _print, ...file }) => file) },
  };
}

async function listsIn(directory: string): Promise<FoundList[]> {
  const names = await readdir(directory).catch(() => [] as string[]);
  const found: FoundList[] = [];
  const releases = new Map<string, Promise<ReleaseFile | null>>();
  for (const name of names.sort().slice(0, 10 * maxLists)) {
    const release = listName.exec(name)?.[1];
    if (release === undefined) continue;
    const head = releases.get(release) ?? readRelease(directory, release, names);
    releases.set(release, head);
    const known = await head;
    if (!known) continue;
    const path = `${directory}/${name}`;
    const { size, mtimeMs } = await stat(path);
    // Without what it was compressed with: the same list may be there twice.
    const key = `${known.suite} ${name.slice(release.length).replace(/\.[a-z0-9]+$/, '')}`;
    const { text, ...suite } = known;
    const print = `${path} ${size} ${mtimeMs} ${known.date}`;
    found.push({ ...suite, path, key, print, sha256: sumIn(text, name.slice(release.length + 1)) });
    if (found.length === maxLists) break;
  }
  return found;
}

/** `main_binary-amd64_Packages.lz4` is `main/binary-amd64/Packages` in a line of sums. */
function sumIn(release: string, name: string): string {
  const listed = name.replaceAll('_', '/').replace(/\.[a-z0-9]+$/, '');
  const line = release.split('\n').find((one) => one.endsWith(` ${listed}`) && /^ [0-9a-f]{64} /.test(one));
  return line?.slice(1, 65) ?? '';
}

interface ReleaseFile {
  readonly text: string;
  readonly suite: string;
  readonly codename: string;
  readonly date: string;
}

/** Null where it is not one of Debian's own, or a suite that nobody upgrades from. */
async function readRelease(directory: string, release: string, names: readonly string[]): Promise<ReleaseFile | null> {
  const name = [`${release}_InRelease`, `${release}_Release`].find((one) => names.includes(one));
  if (name === undefined) return null;
  await using file = await open(`${directory}/${name}`, 'r');
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(maxReleaseBytes), position: 0 });
  const text = buffer.toString('utf8', 0, bytesRead);
  const field = (wanted: string): string => new RegExp(`^${wanted}: *(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const [suite, codename] = codenamePattern.exec(field('Codename')) ?? [];
  const date = Date.parse(field('Date'));
  if (field('Origin') !== 'Debian' || suite === undefined || codename === undefined || Number.isNaN(date)) return null;
  // Of the updates the codename is that of the release as a rule.
  const isUpdates = field('Suite').endsWith('-updates') && suite === codename;
  return { text, suite: isUpdates ? `${suite}-updates` : suite, codename, date: new Date(date).toISOString() };
}
