// The server's records in SQLite: students, their sessions, their progress. Opens the file and brings it up to date.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** One step each, applied once and in order; `user_version` counts them. Never change one that has been released. */
const migrations = [
  `CREATE TABLE students (
     id INTEGER PRIMARY KEY,
     token_hash BLOB NOT NULL UNIQUE,
     created_at INTEGER NOT NULL,
     seen_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE sessions (
     id TEXT PRIMARY KEY,
     student INTEGER NOT NULL REFERENCES students ON DELETE CASCADE,
     lesson TEXT NOT NULL,
     host TEXT,
     created_at INTEGER NOT NULL,
     UNIQUE (student, lesson)
   ) STRICT;
   CREATE TABLE titles (
     session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
     terminal TEXT NOT NULL,
     title TEXT NOT NULL,
     PRIMARY KEY (session, terminal)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE tasks_done (
     student INTEGER NOT NULL REFERENCES students ON DELETE CASCADE,
     lesson TEXT NOT NULL,
     task TEXT NOT NULL,
     done_at INTEGER NOT NULL,
     PRIMARY KEY (student, lesson, task)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE quiz_answers (
     student INTEGER NOT NULL REFERENCES students ON DELETE CASCADE,
     lesson TEXT NOT NULL,
     question TEXT NOT NULL,
     choice TEXT NOT NULL,
     answered_at INTEGER NOT NULL,
     PRIMARY KEY (student, lesson, question)
   ) STRICT, WITHOUT ROWID;`,
  // A lab may have several hosts, can be taken back, and is kept while nobody is in it.
  `CREATE TABLE session_hosts (
     session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
     name TEXT NOT NULL,
     host TEXT NOT NULL,
     PRIMARY KEY (session, name)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO session_hosts (session, name, host)
     SELECT id, 'docker-host', host FROM sessions WHERE host IS NOT NULL;
   ALTER TABLE sessions DROP COLUMN host;
   ALTER TABLE sessions ADD COLUMN parameters TEXT NOT NULL DEFAULT '{}';
   ALTER TABLE sessions ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
   UPDATE sessions SET used_at = unixepoch() * 1000;
   CREATE TABLE reset_points (
     session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
     snapshot TEXT NOT NULL,
     title TEXT,
     done TEXT NOT NULL,
     taken_at INTEGER NOT NULL,
     PRIMARY KEY (session, snapshot)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE open_again (
     session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
     task TEXT NOT NULL,
     PRIMARY KEY (session, task)
   ) STRICT, WITHOUT ROWID;`,
  // A reset that was begun is finished, even if server or engine is killed meanwhile.
  'ALTER TABLE sessions ADD COLUMN going_back_to TEXT;',
  // Browsers in which somebody has signed in with an account of the hub.
  `CREATE TABLE hub_sign_ins (
     token_hash BLOB PRIMARY KEY,
     account TEXT NOT NULL,
     stamp TEXT NOT NULL,
     created_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
] as const;

/** Opens `server.db` in `directory` (made if missing, for its owner alone). A write is on the disk once it has returned. */
export function openDatabase(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(directory, 'server.db'));
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000',
  );
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version > migrations.length) {
    database.close();
    throw new Error(
      `open ${directory}/server.db: it was written by a newer Drydock (records ${version}, this one knows ${migrations.length}). Start that version instead.`,
    );
  }
  for (const [place, step] of migrations.entries()) {
    if (place < version) continue;
    database.exec(`BEGIN; ${step} PRAGMA user_version = ${place + 1}; COMMIT`);
  }
  return database;
}
