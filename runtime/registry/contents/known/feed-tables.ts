// The tables that a feed of known vulnerabilities is read into, whoever has written it.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { EngineError } from '../../../errors.ts';
import { maxAdvisories, maxDescriptionLength } from '../../../limits.ts';

/** What a feed says of one source package in one release. */
export interface Advisory {
  readonly source: string;
  /** `bookworm`, or `12`: as the feed names it. */
  readonly release: string;
  /** `CVE-2023-45853` */
  readonly id: string;
  /** Whether it is of the vulnerability itself: what advisories on several say counts only where there is nothing of that. */
  readonly isOwn: boolean;
  /** The first version that has it; empty for all. */
  readonly introduced: string;
  /** The first version without it; null where there is none. */
  readonly fixed: string | null;
  /** The last version that has it; null where nobody says so. */
  readonly last: string | null;
  /** Nobody has found out whether the package has it. */
  readonly isUndetermined: boolean;
  readonly urgency: string;
  /** The release's security team does not prepare an advisory. */
  readonly isWithoutAdvisory: boolean;
  readonly note: string;
}

const schema = `
  CREATE TABLE description (id TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE release (name TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE advisory (
    source TEXT NOT NULL,
    release TEXT NOT NULL,
    id TEXT NOT NULL,
    own INTEGER NOT NULL,
    introduced TEXT NOT NULL,
    fixed TEXT,
    last TEXT,
    undetermined INTEGER NOT NULL,
    urgency TEXT NOT NULL,
    without_advisory INTEGER NOT NULL,
    note TEXT NOT NULL
  );
`;

export class FeedTables {
  readonly #tables: DatabaseSync;
  readonly #advisory: StatementSync;
  readonly #release: StatementSync;
  readonly #description: StatementSync;
  readonly #meta: StatementSync;
  readonly #releases = new Set<string>();
  rows = 0;

  constructor(tables: DatabaseSync) {
    tables.exec(schema);
    this.#tables = tables;
    this.#advisory = tables.prepare(
      `INSERT INTO advisory (source, release, id, own, introduced, fixed, last, undetermined, urgency, without_advisory, note)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#release = tables.prepare('INSERT OR IGNORE INTO release (name) VALUES (?)');
    this.#description = tables.prepare('INSERT OR IGNORE INTO description (id, text) VALUES (?, ?)');
    this.#meta = tables.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
  }

  /** That the feed tells of a release, be it that a package in it is sound. */
  tellsOf(release: string): void {
    if (this.#releases.has(release)) return;
    if (this.#releases.size >= 1000) throw new EngineError('invalid', 'the feed tells of more releases than there are');
    this.#releases.add(release);
    this.#release.run(release);
  }

  /** Throws tooLarge. */
  add(advisory: Advisory): void {
    if (++this.rows > maxAdvisories)
      throw new EngineError('tooLarge', `the feed has more than ${maxAdvisories} entries`);
    const { source, release, id, isOwn, introduced, fixed, last } = advisory;
    const { isUndetermined, urgency, isWithoutAdvisory, note } = advisory;
    this.#advisory.run(
      ...[source, release, id, isOwn ? 1 : 0, introduced, fixed, last],
      ...[isUndetermined ? 1 : 0, short(urgency), isWithoutAdvisory ? 1 : 0, short(note)],
    );
  }

  describe(id: string, text: string): void {
    const line = text
      .slice(0, 4 * maxDescriptionLength)
      .replace(/[\p{C}\s]+/gu, ' ')
      .trim();
    if (line === '') return;
    const isLong = line.length > maxDescriptionLength;
    this.#description.run(id, isLong ? `${line.slice(0, maxDescriptionLength - 1)}…` : line);
  }

  /** Of whom the feed is, and of when (RFC 3339). */
  finish(feed: 'debian' | 'osv', date: string): void {
    this.#tables.exec('CREATE INDEX advisory_source ON advisory (source, release)');
    this.#meta.run('feed', feed);
    this.#meta.run('date', date);
  }
}

const short = (text: string): string => text.slice(0, 200).replace(/[\p{C}\s]+/gu, ' ');
