// Students are known by a token of which only the hash is stored.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, test } from 'vitest';
import { ProgressRecords } from '../../../sandbox-server/progress/progress.ts';
import { openDatabase } from '../../../sandbox-server/store/database.ts';
import { Students } from '../../../sandbox-server/students/students.ts';

const log = pino({ level: 'silent' });
const directory = mkdtempSync(join(tmpdir(), 'drydock-students-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('F09 a token is found again, is not in the file, and none is taken that was not given', () => {
  const database = openDatabase(directory);
  const students = new Students(database, log);
  const { student, token } = students.create();
  assert.deepEqual(students.find(token), student);
  assert.equal(students.find(undefined), null);
  assert.equal(students.find('A'.repeat(43)), null);
  assert.equal(students.find(`${token}x`), null);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  assert.ok(!readFileSync(join(directory, 'server.db')).includes(token));
  database.close();
});

test('progress is there again when the database is opened again', () => {
  const database = openDatabase(directory);
  const { student, token } = new Students(database, log).create();
  const progress = new ProgressRecords(database);
  progress.markDone(student.id, 'lesson', 'b');
  progress.markDone(student.id, 'lesson', 'b');
  progress.answer(student.id, { lesson: 'lesson', question: 'q', choice: '1' });
  progress.answer(student.id, { lesson: 'lesson', question: 'q', choice: '2' });
  database.close();
  const again = openDatabase(directory);
  const known = new Students(again, log).find(token);
  assert.ok(known);
  assert.deepEqual(new ProgressRecords(again).of(known.id), {
    lessons: { lesson: { tasks: ['b'], quiz: { q: '2' } } },
  });
  again.close();
});

test('a database of a newer version is refused and not touched', () => {
  const database = openDatabase(directory);
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.throws(() => openDatabase(directory), /newer Drydock/);
});
