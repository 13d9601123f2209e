// The thread that reads a feed or lists of packages into tables. Started by `read-known.ts` only.

import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import { at } from '../../../errors.ts';
import { readFeed } from './read-feed.ts';
import type { KnownJob, KnownMessage } from './read-known.ts';
import { readLists } from './read-lists.ts';

const tell = (message: KnownMessage): void => parentPort?.postMessage(message);

parentPort?.once('message', async ({ read, place, fingerprint, format }: KnownJob) => {
  try {
    const tables = new DatabaseSync(place);
    // Nobody reads it before it is whole, and brought to the disk by whoever has asked for it.
    tables.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192; BEGIN');
    tables.exec('CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');
    const meta = tables.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
    meta.run('format', String(format));
    meta.run('fingerprint', fingerprint);
    const rows = read.kind === 'feed' ? await readFeed(read.path, tables) : await readLists(read.files, tables);
    tables.exec('COMMIT');
    tables.close();
    tell({ kind: 'read', rows });
  } catch (error) {
    const { kind, message } = at('read', error);
    tell({ kind: 'failed', errorKind: kind, message });
  }
});
