// The tables of the registry as every landed version of them left them (`record-registry.ts`) are taken over by this one.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'vitest';
import { temporaryDirectory } from '../runtime/images/fixture.ts';
import { basic, OwnHub } from '../support/own-hub.ts';
import { sha256, sha512 } from '../support/own-registry.ts';

const folder = path.join(import.meta.dirname, 'registries');
const commits = fs.readdirSync(folder).map((name) => path.basename(name, '.sql'));
/** What the blobs hold. */
const contents = ['{}', 'a layer', 'a signature', 'by its sha512'];

interface Found extends AsyncDisposable {
  readonly directory: string;
  /** Of ada. */
  readonly secret: string;
}

/** The data as an engine of that commit left it. */
async function leftBy(commit: string): Promise<Found> {
  const temporary = await temporaryDirectory();
  const directory = temporary.path;
  const sql = fs.readFileSync(path.join(folder, `${commit}.sql`), 'utf8');
  const database = new DatabaseSync(`${directory}/registry.db`, { enableForeignKeyConstraints: false });
  database.exec('PRAGMA journal_mode = WAL');
  database.exec(sql);
  const upload = String(database.prepare('SELECT id FROM upload').get()?.id);
  database.close();
  fs.mkdirSync(`${directory}/registry/blobs/sha256`, { recursive: true });
  for (const content of contents)
    fs.writeFileSync(`${directory}/registry/blobs/sha256/${sha256(content).slice('sha256:'.length)}`, content);
  fs.mkdirSync(`${directory}/registry/uploads`);
  fs.writeFileSync(`${directory}/registry/uploads/${upload}`, 'half of it');
  const secret = /^-- The access token of ada: (\S+)$/m.exec(sql)?.[1] ?? '';
  return { directory, secret, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
}

/** How tables look, whatever made them so. */
function shape(file: string): unknown[] {
  const database = new DatabaseSync(file);
  const version = database.prepare('PRAGMA user_version').get();
  const objects = database.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY type, name').all();
  database.close();
  return [version, ...objects];
}

describe.each(commits)('the registry of %s', (commit) => {
  test('has its images, people, rights and uploads', async () => {
    await using found = await leftBy(commit);
    await using hub = await OwnHub.open({ directory: found.directory });
    assert.deepEqual(hub.registry.check(), []);
    const status = async (line: string, headers = {}): Promise<number> => (await hub.ask(line, { headers })).status;
    const [ada, ben] = [basic('ada', 'the password of ada'), basic('ben', 'the password of ben')];
    const token = basic('ada', found.secret);
    for (const headers of [ada, token, ben]) {
      const tags = await hub.ask('GET /v2/team/app/tags/list', { headers });
      assert.deepEqual(tags.json(), { name: 'team/app', tags: ['signature', 'v1'] });
    }
    const manifest = await hub.ask('GET /v2/team/app/manifests/v1', { headers: ben });
    const digest = manifest.header('docker-content-digest');
    assert.equal(sha256(manifest.body), digest);
    assert.equal((manifest.json() as { layers: { digest: string }[] }).layers[0]?.digest, sha256('a layer'));
    const layer = await hub.ask(`GET /v2/team/app/blobs/${sha256('a layer')}`, { headers: ben });
    assert.equal(layer.body.toString(), 'a layer');
    const referrers = await hub.ask(`GET /v2/team/app/referrers/${digest}`, { headers: ada });
    const { manifests } = referrers.json() as { manifests: { annotations: unknown }[] };
    assert.deepEqual(
      manifests.map(({ annotations }) => annotations),
      [{ note: 'of the image' }],
    );
    // Who may what.
    assert.equal(await status('POST /v2/team/app/blobs/uploads/', ben), 403);
    assert.equal(await status('POST /v2/team/app/blobs/uploads/', token), 202);
    assert.equal(await status(`DELETE /v2/team/app/manifests/${digest}`, token), 403);
    const nobodys = await hub.tokenHeader(['repository:ada/open:pull', 'repository:team/app:pull']);
    assert.equal(await status('GET /v2/team/app/tags/list', nobodys), 401);
    for (const [wanted, expected] of [
      [sha256('a layer'), 200],
      [sha512('by its sha512'), 200],
      [sha256('by its sha512'), 404],
    ] as const)
      assert.equal(await status(`HEAD /v2/ada/open/blobs/${wanted}`, nobodys), expected);
    assert.match((await hub.ask('GET /v2/team/app/manifests/v1', { headers: ada })).header('ratelimit-limit'), /^100;/);
    assert.equal(hub.accounts.sessions.ensure('student-abcdef').name, 'student-abcdef');
    // What was being sent.
    const id = fs.readdirSync(`${found.directory}/registry/uploads`).find((name) => {
      return fs.readFileSync(`${found.directory}/registry/uploads/${name}`, 'utf8') === 'half of it';
    });
    const line = `PUT /v2/ada/open/blobs/uploads/${id}?digest=${sha256('half of it, and the rest')}`;
    assert.equal((await hub.ask(line, { body: ', and the rest', headers: token })).status, 201);
    const events = hub.registry.audit.list({ repository: 'team/app', most: 100 });
    assert.ok(events.some(({ who, action, reference }) => who === 'ada' && action === 'push' && reference === 'v1'));
    // No number is given twice, so that what was given to somebody who is gone is of no use.
    const last = hub.accounts.accounts.need('student-abcdef').id;
    await hub.accounts.change(() => hub.accounts.removeAccount('student-abcdef'));
    assert.ok((await hub.accounts.change(() => hub.accounts.accounts.add('later', 'session', null))).id > last);
  });

  test('has the same tables as a new one, after it was opened once', async () => {
    await using found = await leftBy(commit);
    await using fresh = await temporaryDirectory();
    for (const directory of [found.directory, fresh.path])
      await (await OwnHub.open({ directory }))[Symbol.asyncDispose]();
    assert.deepEqual(shape(`${found.directory}/registry.db`), shape(`${fresh.path}/registry.db`));
  });
});

test('the registry of a later Drydock is refused with a sentence, and not touched', async () => {
  await using directory = await temporaryDirectory();
  const file = `${directory.path}/registry.db`;
  const database = new DatabaseSync(file);
  database.exec('CREATE TABLE later (it TEXT); PRAGMA user_version = 1000');
  database.close();
  const before = fs.readFileSync(file);
  await assert.rejects(OwnHub.open({ directory: directory.path }), {
    kind: 'conflict',
    message: `open ${file}: it was written by a newer Drydock; start that version instead`,
  });
  const found = new DatabaseSync(file);
  assert.deepEqual({ ...found.prepare('PRAGMA user_version').get() }, { user_version: 1000 });
  found.close();
  assert.equal(before.length, fs.statSync(file).size);
});
