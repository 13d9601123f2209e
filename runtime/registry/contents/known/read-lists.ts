// Reads lists of a suite's packages into tables. For a worker thread.

import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { DatabaseSync } from 'node:sqlite';
import { Transform } from 'node:stream';
import { EngineError } from '../../../errors.ts';
import { readAptList } from '../../../kernel/apt-lists.ts';
import type { ListFile } from './read-known.ts';

const schema = `
  CREATE TABLE suite (name TEXT PRIMARY KEY, codename TEXT NOT NULL, date TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE package (
    codename TEXT NOT NULL,
    name TEXT NOT NULL,
    architecture TEXT NOT NULL,
    version TEXT NOT NULL,
    suite TEXT NOT NULL,
    PRIMARY KEY (codename, name, architecture, version)
  ) WITHOUT ROWID;
`;

/** Packages of all lists: Debian's main has 64,000 for each architecture of each release. */
const maxRows = 3_000_000;

/** The number of packages. Throws invalid for a list that is none, or is cut off. */
export async function readLists(files: readonly ListFile[], tables: DatabaseSync): Promise<number> {
  tables.exec(schema);
  const suite = tables.prepare('INSERT OR IGNORE INTO suite (name, codename, date) VALUES (?, ?, ?)');
  const insert = tables.prepare(
    'INSERT OR IGNORE INTO package (codename, name, architecture, version, suite) VALUES (?, ?, ?, ?, ?)',
  );
  let rows = 0;
  for (const { path, suite: name, codename, date, sha256 } of files) {
    suite.run(name, codename, date);
    await using list = readAptList(path);
    let found = { package: '', version: '', architecture: '' };
    const end = (): void => {
      const { package: packageName, version, architecture } = found;
      found = { package: '', version: '', architecture: '' };
      if (packageName === '' || version === '' || architecture === '') return;
      if (++rows > maxRows) throw new EngineError('tooLarge', `the lists name more than ${maxRows} packages`);
      insert.run(codename, packageName, architecture, version, name);
    };
    const hash = createHash('sha256');
    const input = list.content.pipe(
      new Transform({
        transform(piece: Buffer, _encoding, done) {
          hash.update(piece);
          done(null, piece);
        },
      }),
    );
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === '') end();
      else if (line.startsWith('Package: ')) found.package = line.slice(9);
      else if (line.startsWith('Version: ')) found.version = line.slice(9);
      else if (line.startsWith('Architecture: ')) found.architecture = line.slice(14);
    }
    end();
    await list.done;
    if (sha256 !== '' && hash.digest('hex') !== sha256)
      throw new EngineError('invalid', `${path} is not the list that its release’s file names`);
  }
  return rows;
}
