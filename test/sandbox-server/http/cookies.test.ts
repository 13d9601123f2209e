// The cookie that makes a browser a student: its attributes, and that nobody can bring their own.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, test } from 'vitest';
import { cookieName, setCookie, tokenFrom } from '../../../sandbox-server/http/cookie.ts';
import { dayMs } from '../../../sandbox-server/limits.ts';
import { cookieOf, startTestServer } from '../server.ts';

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());

test('F09 a student gets a host-only cookie that scripts cannot read', async () => {
  const answer = await server.ask('POST', '/api/sessions', { body: { lesson: 'playground' } });
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  assert.match(cookie, /^drydock=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
  assert.equal(cookieName('https://drydock.example'), '__Host-drydock');
  assert.match(
    setCookie('https://drydock.example', 'x'),
    /^__Host-drydock=x; Path=\/; .*HttpOnly; SameSite=Lax; Secure$/,
  );
});

test('F09 a cookie that we did not give is replaced, not taken over', async () => {
  const planted = 'A'.repeat(43);
  const answer = await server.ask('POST', '/api/sessions', {
    body: { lesson: 'playground' },
    cookie: `drydock=${planted}`,
  });
  assert.equal(answer.status, 200);
  assert.notEqual(cookieOf(answer), '');
  assert.doesNotMatch(cookieOf(answer), new RegExp(planted));
});

test('F09 two cookies of our name count as none', () => {
  assert.equal(tokenFrom('http://localhost', 'a=b; drydock=x; c=d'), 'x');
  assert.equal(tokenFrom('http://localhost', 'drydock=x; drydock=y'), undefined);
  assert.equal(tokenFrom('https://localhost', 'drydock=x'), undefined);
  assert.equal(tokenFrom('http://localhost', undefined), undefined);
});

test('F09 the cookie is kept while it is good, and the session with it', async () => {
  const lab = await server.open();
  const again = await server.ask('POST', '/api/sessions', { body: { lesson: 'playground' }, cookie: lab.cookie });
  assert.equal(again.headers['set-cookie'], undefined);
  assert.equal(JSON.parse(again.text).session, lab.session);
  assert.notEqual(JSON.parse(again.text).ticket, lab.ticket);
});

test('F09 a student who comes back after a day is told to keep the cookie for longer, and it is the same', async () => {
  const lab = await server.open();
  const seen = new DatabaseSync(join(server.settings.dataDirectory, 'server.db'));
  seen.exec(`UPDATE students SET seen_at = seen_at - ${2 * dayMs}`);
  seen.close();
  const answer = await server.ask('GET', '/api/progress', { cookie: lab.cookie });
  assert.equal(cookieOf(answer), lab.cookie);
  assert.match(String(answer.headers['set-cookie']), /; Max-Age=34560000; HttpOnly/);
  assert.equal((await server.ask('GET', '/api/progress', { cookie: lab.cookie })).headers['set-cookie'], undefined);
});

test('F09 the end of a session closes its sockets at once', async () => {
  const lab = await server.open();
  const page = await server.enter(lab);
  const began = performance.now();
  await server.ask('DELETE', `/api/sessions/${lab.session}`, { cookie: lab.cookie });
  assert.equal(await page.closed, 4000);
  // Nothing that is done from time to time closes them: the first such look comes after ten seconds.
  assert.ok(performance.now() - began < 5_000);
  const late = await server.ask('POST', `/api/sessions/${lab.session}/ticket`, { cookie: lab.cookie });
  assert.equal(late.status, 404);
});
