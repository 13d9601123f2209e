// Which packages are there in a newer version, by the lists of their release's suites.

import type { DatabaseSync } from 'node:sqlite';
import type { HubPackage } from '../../../client-hub-contents.ts';
import type { Package } from '../content.ts';
import { compareVersions } from '../versions.ts';

export interface KnownSuite {
  readonly name: string;
  /** RFC 3339. */
  readonly date: string;
}

/** Of that release, by name; none where nothing is known of it. */
export function suitesOf(tables: DatabaseSync, codename: string): KnownSuite[] {
  return tables
    .prepare('SELECT name, date FROM suite WHERE codename = ? ORDER BY name')
    .all(codename)
    .map(({ name, date }) => ({ name: String(name), date: String(date) }));
}

/** For each package the newest that there is; null where it is not newer. */
export function newerOf(
  tables: DatabaseSync,
  codename: string,
  packages: readonly Package[],
): readonly HubPackage['newer'][] {
  const query = tables.prepare(
    `SELECT version, suite FROM package WHERE codename = ? AND name = ? AND architecture IN (?, 'all')`,
  );
  return packages.map(({ name, version, architecture }) => {
    let newest: HubPackage['newer'] = null;
    for (const row of query.iterate(codename, name, architecture)) {
      const offered = String(row.version);
      if (compareVersions(offered, newest?.version ?? version) > 0)
        newest = { version: offered, suite: String(row.suite) };
    }
    return newest;
  });
}
