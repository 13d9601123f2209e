// The records of an earlier Drydock are taken over, and those of a later one are left alone.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { test } from 'vitest';
import { ProgressRecords } from '../../../sandbox-server/progress/progress.ts';
import { SessionRecords } from '../../../sandbox-server/sessions/records.ts';
import { openDatabase } from '../../../sandbox-server/store/database.ts';

function inDirectory(use: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-records-'));
  try {
    use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const logged: string[] = [];
const log = pino({ level: 'error' }, { write: (line: string) => logged.push(JSON.parse(line).msg) });

/** As the first Drydock made it, with one student, two sessions and a task that is done. */
const first = `
  CREATE TABLE students (id INTEGER PRIMARY KEY, token_hash BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL) STRICT;
  CREATE TABLE sessions (id TEXT PRIMARY KEY, student INTEGER NOT NULL REFERENCES students ON DELETE CASCADE, lesson TEXT NOT NULL,
    host TEXT, created_at INTEGER NOT NULL, UNIQUE (student, lesson)) STRICT;
  CREATE TABLE titles (session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE, terminal TEXT NOT NULL, title TEXT NOT NULL,
    PRIMARY KEY (session, terminal)) STRICT, WITHOUT ROWID;
  CREATE TABLE tasks_done (student INTEGER NOT NULL REFERENCES students ON DELETE CASCADE, lesson TEXT NOT NULL, task TEXT NOT NULL,
    done_at INTEGER NOT NULL, PRIMARY KEY (student, lesson, task)) STRICT, WITHOUT ROWID;
  CREATE TABLE quiz_answers (student INTEGER NOT NULL REFERENCES students ON DELETE CASCADE, lesson TEXT NOT NULL,
    question TEXT NOT NULL, choice TEXT NOT NULL, answered_at INTEGER NOT NULL, PRIMARY KEY (student, lesson, question)) STRICT, WITHOUT ROWID;
  INSERT INTO students VALUES (7, x'00', 1, 1);
  INSERT INTO sessions VALUES ('one', 7, 'playground', 's-0123456789abcdef', 1), ('two', 7, 'a/b', NULL, 2);
  INSERT INTO titles VALUES ('one', 't1', 'Mine');
  INSERT INTO tasks_done VALUES (7, 'a/b', 'hello', 1);
  PRAGMA user_version = 1;`;

test('sessions of the first Drydock keep their hosts, titles and progress', () => {
  inDirectory((directory) => {
    const old = new DatabaseSync(join(directory, 'server.db'));
    old.exec(first);
    old.close();
    const database = openDatabase(directory);
    const records = new SessionRecords(database, log);
    const [one, two] = records.all();
    assert.deepEqual(one?.hosts, new Map([['docker-host', 's-0123456789abcdef']]));
    assert.deepEqual(two?.hosts, new Map());
    assert.deepEqual(one?.parameters, {});
    assert.ok(
      Date.now() - (one?.usedAtMs ?? 0) < 60_000,
      'it was used when it was taken over, and is not ended at once',
    );
    assert.deepEqual(records.titles('one'), new Map([['t1', 'Mine']]));
    assert.deepEqual(new ProgressRecords(database).done(7, 'a/b'), new Set(['hello']));
    database.close();
  });
});

test('records go with their session', () => {
  inDirectory((directory) => {
    const database = openDatabase(directory);
    database.exec(`INSERT INTO students VALUES (7, x'00', 1, 1)`);
    const records = new SessionRecords(database, log);
    const record = {
      id: 'one',
      student: 7,
      lesson: 'a/b',
      parameters: { port: '8123' },
      usedAtMs: 5,
      hosts: new Map(),
    };
    records.add(record);
    records.setHosts(
      'one',
      new Map([
        ['dev', 's-1'],
        ['prod', 's-2'],
      ]),
    );
    records.setPoint('one', { snapshot: 'start', title: null, done: [], takenAtMs: 1 });
    records.setPoint('one', { snapshot: 'kept-1', title: 'Mine', done: ['hello'], takenAtMs: 2 });
    records.setReopenedTasks('one', ['hello', 'web']);
    records.forgetReopenedTask('one', 'web');
    assert.deepEqual(records.all(), [
      {
        ...record,
        hosts: new Map([
          ['dev', 's-1'],
          ['prod', 's-2'],
        ]),
      },
    ]);
    assert.deepEqual(records.reopenedTasks('one'), new Set(['hello']));
    assert.deepEqual(
      records.points('one').map(({ title, done }) => [title, done]),
      [
        [null, []],
        ['Mine', ['hello']],
      ],
    );
    records.remove('one');
    records.add(record);
    assert.deepEqual(
      [records.all()[0]?.hosts.size, records.points('one'), records.reopenedTasks('one').size],
      [0, [], 0],
    );
    database.close();
  });
});

test('a session or a point that cannot be read is left out, with a sentence in the log, and the others are there', () => {
  inDirectory((directory) => {
    const database = openDatabase(directory);
    database.exec(`INSERT INTO students VALUES (7, x'00', 1, 1)`);
    const records = new SessionRecords(database, log);
    const session = { student: 7, parameters: {}, usedAtMs: 5, hosts: new Map() };
    for (const id of ['one', 'two']) {
      records.add({ ...session, id, lesson: id });
      records.setHosts(id, new Map([['dev', `s-${id}`]]));
      for (const snapshot of ['start', 'kept-1'])
        records.setPoint(id, { snapshot, title: null, done: [], takenAtMs: 1 });
    }
    database.exec(`UPDATE sessions SET parameters = '{"port":' WHERE id = 'one';
      UPDATE reset_points SET done = '[7]' WHERE session = 'two' AND snapshot = 'start'`);
    logged.length = 0;
    assert.deepEqual(
      records.all().map(({ id }) => id),
      ['two'],
    );
    assert.deepEqual(
      records.points('two').map(({ snapshot }) => snapshot),
      ['kept-1'],
    );
    assert.deepEqual(logged, [
      'the record of the session one cannot be read: it is left out, and left as it is',
      'the record of the snapshot start of the session two cannot be read: it is left out, and left as it is',
    ]);
    assert.deepEqual(records.unreadableHosts(), new Set(['s-one']), 'nobody removes them');
    records.add({ ...session, id: 'three', lesson: 'one' });
    assert.deepEqual(records.all().length, 2, 'the student has that lesson again');
    assert.deepEqual(records.unreadableHosts(), new Set());
    database.close();
  });
});

test('records of a later Drydock are refused with a sentence, and not touched', () => {
  inDirectory((directory) => {
    openDatabase(directory).close();
    const database = new DatabaseSync(join(directory, 'server.db'));
    database.exec('PRAGMA user_version = 1000');
    database.close();
    assert.throws(() => openDatabase(directory), /written by a newer Drydock \(records 1000/);
  });
});
