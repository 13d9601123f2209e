// Which known vulnerabilities packages have, by what a feed says of their source packages. Debian's own words decide: what it calls
// unimportant, without advisory or out of care is told as that, and what it does not claim is not claimed here.

import type { DatabaseSync } from 'node:sqlite';
import type { HubVulnerability, HubVulnerabilityStatus } from '../../../client-hub-contents.ts';
import type { Package, Release } from '../content.ts';
import { compareVersions } from '../versions.ts';

/** A source package of an image, in one version. */
export interface Source {
  readonly name: string;
  readonly version: string;
  /** The packages that were built from it, by name, each once. */
  readonly packages: readonly string[];
}

/** In the order of the packages. */
export function sourcesOf(packages: readonly Package[]): Source[] {
  const sources = new Map<string, { name: string; version: string; packages: Set<string> }>();
  for (const { name, source } of packages) {
    const key = `${source.name} ${source.version}`;
    const known = sources.get(key) ?? { ...source, packages: new Set<string>() };
    known.packages.add(name);
    sources.set(key, known);
  }
  return [...sources.values()].map(({ packages: names, ...source }) => ({ ...source, packages: [...names] }));
}

/** Whether the feed says anything of that release. */
export function feedTellsOf(tables: DatabaseSync, { codename, version }: Release): boolean {
  const query = tables.prepare("SELECT 1 FROM release WHERE name <> '' AND name IN (?, ?)");
  return query.get(codename, version) !== undefined;
}

export interface Judged {
  readonly found: readonly HubVulnerability[];
  readonly undetermined: number;
}

export function vulnerabilitiesOf(tables: DatabaseSync, release: Release, sources: readonly Source[]): Judged {
  const query = tables.prepare(
    `SELECT id, own, introduced, fixed, last, undetermined, urgency, without_advisory, note FROM advisory
       WHERE source = ? AND release IN (?, ?) ORDER BY id, own DESC`,
  );
  const describe = tables.prepare('SELECT text FROM description WHERE id = ?');
  const found: HubVulnerability[] = [];
  let undetermined = 0;
  for (const { name, version, packages } of sources) {
    let told = { id: '', own: 0, isFound: false };
    for (const row of query.iterate(name, release.codename, release.version)) {
      const id = String(row.id);
      const own = Number(row.own);
      // What is said of the vulnerability itself counts before what an advisory on several says.
      if (told.id === id && (told.isFound || told.own > own)) continue;
      const judged = judge(version, row);
      told = { id, own, isFound: judged !== null };
      if (judged === 'undetermined') undetermined++;
      else if (judged)
        found.push({
          ...{ id, source: name, version, packages, ...judged },
          description: String(describe.get(id)?.text ?? ''),
        });
    }
  }
  return { found, undetermined };
}

type Judgement = Pick<HubVulnerability, 'status' | 'fixedVersion' | 'urgency' | 'note'>;

/** Null where the version does not have it. */
function judge(version: string, row: Readonly<Record<string, unknown>>): Judgement | 'undetermined' | null {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const [introduced, fixedVersion, last] = [String(row.introduced), text(row.fixed), text(row.last)];
  if (introduced !== '' && compareVersions(version, introduced) < 0) return null;
  if (fixedVersion !== null && compareVersions(version, fixedVersion) >= 0) return null;
  if (last !== null && compareVersions(version, last) > 0) return null;
  if (row.undetermined) return 'undetermined';
  const urgency = String(row.urgency);
  const note = String(row.note);
  return { status: statusOf(urgency, fixedVersion, Boolean(row.without_advisory)), fixedVersion, urgency, note };
}

function statusOf(urgency: string, fixed: string | null, isWithoutAdvisory: boolean): HubVulnerabilityStatus {
  if (urgency === 'unimportant' || urgency === 'end-of-life') return urgency;
  if (fixed !== null) return 'fixable';
  return isWithoutAdvisory ? 'no-advisory' : 'open';
}

/** What can be done something about comes first. */
export const statuses: readonly HubVulnerabilityStatus[] = [
  'fixable',
  'open',
  'no-advisory',
  'end-of-life',
  'unimportant',
];

export function inOrder(found: readonly HubVulnerability[]): HubVulnerability[] {
  const rank = (one: HubVulnerability): number => statuses.indexOf(one.status);
  const text = (one: HubVulnerability): string => `${one.source} ${one.id}`;
  return found.toSorted((a, b) => rank(a) - rank(b) || (text(a) < text(b) ? -1 : 1));
}
