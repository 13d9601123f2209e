// The operator's code: a form and a link that open the site; pages, API, sockets and what they lead to are closed without it.

import assert from 'node:assert/strict';
import { afterAll, test } from 'vitest';
import { inviteBurst } from '../../../sandbox-server/limits.ts';
import { until } from '../../support/until.ts';
import { cookieOf, startTestServer } from '../server.ts';

const code = 'blue-whale-4711';
const server = await startTestServer({ invite: code, trustedProxies: ['127.0.0.1'] });
afterAll(() => server[Symbol.asyncDispose]());
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const type = (text: string, headers: Readonly<Record<string, string>> = {}) =>
  server.ask('POST', '/invite', { headers: { ...form, ...headers }, body: `code=${encodeURIComponent(text)}` });

test('a page asks for the code in its own place, and whoever types it comes back there', async () => {
  const closed = await server.ask('GET', '/index.html');
  assert.equal(closed.status, 403);
  assert.match(closed.text, /<form method="post" action="\/invite">/);
  assert.ok(!closed.text.includes('A site'), 'nothing of the page is shown');
  assert.match(String(closed.headers['content-security-policy']), /form-action 'self'/);
  assert.equal(closed.headers['referrer-policy'], 'same-origin');

  const wrong = await type('wrong-code');
  assert.equal(wrong.status, 403);
  assert.match(wrong.text, /That is not the code/);
  assert.equal(wrong.headers['set-cookie'], undefined);

  const right = await type(` ${code} `, { referer: `${server.origin}/lessons/first-container/` });
  assert.deepEqual([right.status, right.headers.location], [303, '/lessons/first-container/']);
  assert.match(
    String(right.headers['set-cookie']),
    /^drydock-invite=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
  );
  const open = await server.ask('GET', '/index.html', { cookie: cookieOf(right) });
  assert.equal(open.status, 200);
  assert.match(open.text, /A site/);
});

test('a link with the code opens the site, and leads nowhere else', async () => {
  const link = await server.ask('GET', `/invite?code=${code}`);
  assert.deepEqual([link.status, link.headers.location], [303, '/']);
  assert.equal((await server.ask('GET', '/index.html', { cookie: cookieOf(link) })).status, 200);
  assert.equal((await server.ask('GET', '/invite?code=wrong-code')).status, 403);
  for (const referer of [
    'https://evil.example/a',
    `${server.origin}/invite`,
    'nonsense',
    `${server.origin}//evil.example/`,
  ]) {
    const { headers } = await type(code, { referer });
    assert.equal(headers.location, '/', referer);
  }
});

test('F01 a socket is refused without the code, whatever other cookie it has', async () => {
  const pass = cookieOf(await type(code));
  const opened = await server.ask('POST', '/api/sessions', { body: { lesson: 'playground' }, cookie: pass });
  const student = cookieOf(opened);
  const lab = { ...JSON.parse(opened.text), cookie: `${student}; ${pass}` };
  assert.equal(await server.connect(student).refused, 403);
  await server.enter(lab);
});

test('F02 a form of another site cannot type the code for somebody', async () => {
  assert.equal((await type(code, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await type(code, { origin: 'null' })).status, 403);
});

test('F11 who guesses is held back, also from the right code, and nobody of another network is', async () => {
  const from = (network: string) => ({ 'x-forwarded-for': `${network}.0.1` });
  const guess = async () => (await type('a-wrong-code', from('10.1'))).status;
  assert.equal(await guess(), 403);
  let guesses = 1;
  while ((await guess()) === 403 && guesses < 2 * inviteBurst) guesses += 1;
  assert.ok(guesses >= inviteBurst && guesses < 2 * inviteBurst, `${guesses} guesses`);
  // Every two seconds one more may be made: where this test has had to wait for so long, a guess takes it first.
  const isHeldBack = async (ask: () => Promise<{ readonly status: number }>) => {
    await guess();
    return (await ask()).status === 429;
  };
  const open = () => server.ask('GET', `/invite?code=${code}`, { headers: from('10.1') });
  await until('the right code is held back', () => isHeldBack(() => type(code, from('10.1'))));
  await until('the link with it is', () => isHeldBack(open));
  assert.equal((await type(code, from('10.2'))).status, 303);
});

test('what only the form needs is open, and health, and nothing else of the site', async () => {
  const status = async (path: string) => (await server.ask('GET', path)).status;
  assert.equal(await status('/healthz'), 200);
  // The site of this test has no such files: that they are not there may be known.
  for (const path of ['/icon.svg', '/_astro/x.css', '/_astro/x.woff2']) assert.equal(await status(path), 404, path);
  for (const path of ['/', '/_astro/x.js', '/_astro/a/../../index.html', '/search.json', '/lessons/a/', '/index.html'])
    assert.ok([403, 400].includes(await status(path)), path);
});

test('without a code the site stands open, and the form leads into it', async () => {
  await using open = await startTestServer();
  assert.equal((await open.ask('GET', '/index.html')).status, 200);
  const { status, headers } = await open.ask('GET', '/invite');
  assert.deepEqual([status, headers.location], [303, '/']);
});
