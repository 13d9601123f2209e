// X07: records that cannot be written, as on a full disk. Labs go on, and what was to be written down for good is refused.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'vitest';
import { until } from '../../support/until.ts';
import { startTestServer, type TestServer } from '../server.ts';

const tables = ['students', 'sessions', 'session_hosts', 'titles', 'tasks_done', 'quiz_answers', 'reset_points'];

/** From now on every write fails with an error of SQLite's, until it is disposed. */
function refuseWrites({ settings }: TestServer): Disposable {
  const database = new DatabaseSync(join(settings.dataDirectory, 'server.db'));
  const triggers = tables.flatMap((table) =>
    ['INSERT', 'UPDATE', 'DELETE'].map((event) => ({ name: `no_${event}_${table}`, on: `${event} ON ${table}` })),
  );
  for (const { name, on } of triggers)
    database.exec(`CREATE TRIGGER ${name} BEFORE ${on} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`);
  return {
    [Symbol.dispose]() {
      for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
      database.close();
    },
  };
}

test('X07 pages come and go, and labs end, while nothing can be written down', async () => {
  await using server = await startTestServer({ freezeMs: 200, idleMs: 4_000, keepMs: 1_000 });
  const lab = await server.open();
  const stale = new DatabaseSync(join(server.settings.dataDirectory, 'server.db'));
  // So that even who is only looked up is written down, and that coming and going are.
  stale.exec('UPDATE students SET seen_at = 0; UPDATE sessions SET used_at = 0');
  stale.close();
  using _refused = refuseWrites(server);
  const page = await server.enter(await server.ticket(lab));
  await page.hears('session');
  page.drop();
  await page.closed;
  await until('the lab that nobody came back to has ended', async () => {
    const { sessions, queued, stored } = await server.health();
    return sessions + queued + stored === 0;
  });
  const answer = await server.ask('POST', '/api/sessions', { body: { lesson: 'playground' } });
  assert.equal(answer.status, 503, 'nobody is let in who would be forgotten');
  assert.match(answer.text, /cannot write anything down.*disk is full/);
  assert.ok(Number(answer.headers['retry-after']) > 0);
});

test('X07 what is to be kept is refused while it cannot be, and kept as soon as it can', async () => {
  await using server = await startTestServer();
  const lab = await server.open();
  const body = { lesson: 'playground', question: 'q', choice: '1' };
  const answer = async () => (await server.ask('PUT', '/api/progress/quiz', { cookie: lab.cookie, body })).status;
  const kept = async () => (await server.ask('GET', '/api/progress', { cookie: lab.cookie })).text;
  {
    using _refused = refuseWrites(server);
    assert.equal(await answer(), 503);
    assert.equal(await kept(), '{"lessons":{}}');
  }
  assert.equal(await answer(), 204);
  assert.match(await kept(), /"q":"1"/);
});
