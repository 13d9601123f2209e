// The engine's records: each with its version, upgraded and checked when it is read, and refused alone where it cannot be read.

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { test } from 'vitest';
import { z } from 'zod';
import { heldRecord, holdRecord, type RecordKind } from '../../../runtime/store/record-kind.ts';
import { newRecord, Records } from '../../../runtime/store/records.ts';
import { temporaryDirectory } from '../images/fixture.ts';

interface Box {
  readonly name: string;
  readonly colour: string;
  readonly sides: number;
}

const schema = z.object({ name: z.string(), colour: z.string(), sides: z.number() });
const withColour = (body: unknown) => ({ colour: 'red', ...z.looseObject({}).parse(body) });
const withSides = (body: unknown) => ({ sides: 4, ...z.looseObject({}).parse(body) });
const boxKind: RecordKind<Box> = { name: 'box', schema, upgrades: [withColour, withSides] };
const shelfKind: RecordKind<readonly Box[]> = {
  name: 'shelf',
  schema: z.array(heldRecord(boxKind)),
  write: (boxes) => boxes.map((box) => holdRecord(boxKind, box)),
  upgrades: [],
};
const box: Box = { name: 'a', colour: 'blue', sides: 6 };

interface Opened extends AsyncDisposable {
  readonly path: string;
  readonly logged: { readonly level: number; readonly msg: string; readonly id: string }[];
  records: Records;
  reopen(kinds?: readonly RecordKind<unknown>[]): Records;
  /** Runs SQL on the file, as nobody but an older engine or a fault does: the records are closed for it, and opened again. */
  sql(statement: string, ...values: (string | number)[]): void;
}

async function opened(): Promise<Opened> {
  const directory = await temporaryDirectory();
  const path = `${directory.path}/engine.db`;
  const logged: Opened['logged'] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const open = (kinds: readonly RecordKind<unknown>[] = [boxKind, shelfKind]) => new Records(path, kinds, log);
  const file: Opened = {
    path,
    logged,
    records: open(),
    reopen(kinds) {
      file.records.close();
      file.records = open(kinds);
      return file.records;
    },
    sql(statement, ...values) {
      file.records.close();
      const database = new DatabaseSync(path);
      database.prepare(statement).run(...values);
      database.close();
      file.records = open();
    },
    async [Symbol.asyncDispose]() {
      file.records.close();
      await directory[Symbol.asyncDispose]();
    },
  };
  return file;
}

const put = 'INSERT INTO record (kind, host, id, v, body) VALUES (?, ?, ?, ?, ?)';

test('a record is read as it was put, after the file was opened again too', async () => {
  await using file = await opened();
  file.records.put(boxKind, 'h', 'a', box);
  file.records.put(shelfKind, 'h', 's', [box]);
  const records = file.reopen();
  assert.deepEqual(records.list(boxKind), [box]);
  assert.deepEqual(records.get(shelfKind, 'h', 's')[0], [box]);
  assert.deepEqual(records.get(boxKind, 'h', 'b'), []);
  assert.deepEqual(records.list(boxKind, 'another'), []);
});

test('a record of an earlier version is upgraded step by step, one that another record holds too', async () => {
  await using file = await opened();
  file.sql(put, 'box', 'h', '0', 0, '{"name":"0"}');
  file.sql(put, 'box', 'h', '1', 1, '{"name":"1","colour":"green"}');
  file.sql(put, 'shelf', 'h', 's', 0, '[{"v":1,"body":{"name":"2","colour":"green"}}]');
  assert.deepEqual(file.records.list(boxKind), [
    { name: '0', colour: 'red', sides: 4 },
    { name: '1', colour: 'green', sides: 4 },
  ]);
  assert.deepEqual(file.records.list(shelfKind), [[{ name: '2', colour: 'green', sides: 4 }]]);
});

test('a file from before records had versions is taken over, and what is written to it since has one', async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/engine.db`;
  const old = new DatabaseSync(path);
  old.exec(`CREATE TABLE record (kind TEXT, host TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, host, id)) WITHOUT ROWID;
    INSERT INTO record VALUES ('box', 'h', 'old', '{"name":"old"}')`);
  old.close();
  const records = new Records(path, [boxKind], pino({ level: 'silent' }));
  records.put(boxKind, 'h', 'new', box);
  assert.deepEqual(records.list(boxKind), [box, { name: 'old', colour: 'red', sides: 4 }]);
  records.close();
  const read = new DatabaseSync(path);
  assert.deepEqual(
    read
      .prepare('SELECT id, v FROM record')
      .all()
      .map((row) => ({ ...row })),
    [
      { id: 'new', v: 2 },
      { id: 'old', v: 0 },
    ],
  );
  read.close();
});

const unreadable: readonly (readonly [what: string, v: number, body: string, why: RegExp])[] = [
  ['no JSON', 2, '{"name":', /Unexpected end of JSON input|Expected|Unterminated/],
  ['a field that is missing', 2, '{"name":"x","colour":"red"}', /expected number, received undefined\s+→ at sides/],
  ['a field of another type', 2, '{"name":7,"colour":"red","sides":4}', /expected string, received number\s+→ at name/],
  ['a later version', 3, '{}', /it has version 3, and this Drydock knows versions up to 2/],
  ['what cannot be upgraded', 1, '"text"', /upgrade from version 1: .*expected object, received string/],
];

for (const [what, v, body, why] of unreadable) {
  test(`a record that is ${what} is refused alone, once in the log, and stays on the disk`, async () => {
    await using file = await opened();
    file.records.put(boxKind, 'h', 'a', box);
    file.sql(put, 'box', 'h', 'bad', v, body);
    assert.deepEqual(file.records.list(boxKind), [box]);
    assert.deepEqual(file.records.list(boxKind, 'h'), [box]);
    assert.deepEqual(file.records.get(boxKind, 'h', 'bad'), []);
    assert.equal(file.records.complete, false);
    assert.deepEqual(
      file.logged.map(({ level, id }) => [level, id]),
      [[50, 'bad']],
    );
    assert.match(file.logged[0]?.msg ?? '', /^the record box bad of host h cannot be read: /);
    assert.match(file.logged[0]?.msg ?? '', why);
    assert.match(file.records.refusals()[0] ?? '', why);
    file.records.close();
    const raw = new DatabaseSync(file.path);
    assert.equal(raw.prepare(`SELECT body FROM record WHERE id = 'bad'`).get()?.body, body);
    raw.close();
    file.records = new Records(file.path, [boxKind, shelfKind], pino({ level: 'silent' }));
  });
}

test('records are complete again once the one that could not be read is replaced, removed, or gone with its host', async () => {
  await using file = await opened();
  const ends: readonly ((records: Records) => void)[] = [
    (records) => records.put(boxKind, 'h', 'bad', box),
    (records) => records.delete(boxKind, 'h', 'bad'),
    (records) => records.deleteHost('h'),
    (records) => records.replace('h', [boxKind], [newRecord(boxKind, 'a', box)]),
  ];
  for (const end of ends) {
    file.sql(`INSERT OR REPLACE ${put.slice('INSERT'.length)}`, 'box', 'h', 'bad', 2, '{}');
    file.records.list(boxKind);
    assert.equal(file.records.complete, false);
    end(file.records);
    assert.equal(file.records.complete, true, String(end));
  }
  assert.deepEqual(file.records.list(boxKind), [box]);
});

test('a file that a later version has written is refused whole, with a sentence, and not touched', async () => {
  await using file = await opened();
  file.records.put(boxKind, 'h', 'a', box);
  const later: RecordKind<Box> = { ...boxKind, upgrades: [...boxKind.upgrades, (body) => body] };
  file.reopen([later, shelfKind]).put(later, 'h', 'b', box);
  file.records.close();
  assert.throws(() => new Records(file.path, [boxKind, shelfKind], pino({ level: 'silent' })), {
    kind: 'conflict',
    message: `open ${file.path}: it was written by a newer Drydock (records 3, this one knows 2); start that version instead`,
  });
  file.records = new Records(file.path, [later, shelfKind], pino({ level: 'silent' }));
  assert.equal(file.records.list(later).length, 2);
});

test('a record of a kind that the file does not know is not stored', async () => {
  await using file = await opened();
  const records = file.reopen([boxKind]);
  assert.throws(() => records.put(shelfKind, 'h', 's', [box]), { kind: 'internal' });
});
