// Previews where there can be no wildcard name: one origin on a second port, and a cookie that tells which preview is meant.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import { freePort } from '../../support/instance.ts';
import { ask, cookieOf } from '../server.ts';
import { previewUrl, startPreviewLab } from './lab.ts';

test('F08 a second port shows one preview at a time, to its student alone, and nothing of the site', async () => {
  const port = await freePort();
  // An address that browsers do not take for this machine, as on a class's own network; the test asks as if it were one.
  const host = `drydock.test:${port}`;
  const sitePort = await freePort();
  await using there = await startPreviewLab([8080, 8081], {
    port: sitePort,
    publicOrigin: `http://drydock.test:${sitePort}`,
    previewOrigin: `http://${host}`,
  });
  const { server, lab } = there;
  const base = `http://127.0.0.1:${port}`;
  const enter = async (published: number, cookie = '') => {
    const url = new URL(await previewUrl(server, lab, published));
    assert.equal(url.origin, `http://${host}`);
    const answer = await ask(base + url.pathname + url.search, 'GET', { headers: { host }, cookie });
    assert.equal(answer.status, 303);
    return answer;
  };
  const first = await enter(8080);
  const second = await enter(8081, cookieOf(first));
  const again = await enter(8081, cookieOf(second));
  assert.deepEqual(
    [first, second, again].map(({ headers }) => headers['clear-site-data']),
    ['"cache", "storage"', '"cache", "storage"', undefined],
    'a preview gets nothing that another has left in the browser, and keeps its own',
  );
  assert.match(String(first.headers['set-cookie']), /^drydock-preview=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/);

  const shown = (cookie: string) => ask(`${base}/`, 'GET', { headers: { host }, cookie });
  for (const each of [first, second]) {
    const { status, text, headers } = await shown(`drydock=${'x'.repeat(43)}; ${cookieOf(each)}`);
    assert.equal(status, 200);
    assert.doesNotMatch(
      text,
      /drydock=/,
      'the site’s cookie comes along, for cookies know no ports, and goes no further',
    );
    assert.equal(headers['cache-control'], 'no-store', 'the next preview has the same addresses');
  }
  for (const headers of [{ 'service-worker': 'script' }, { 'sec-fetch-dest': 'serviceworker' }]) {
    const worker = await ask(`${base}/worker.js`, 'GET', { headers: { host, ...headers }, cookie: cookieOf(first) });
    assert.equal(worker.status, 403, 'it would see the next preview');
  }
  assert.equal((await shown('')).status, 403);
  assert.equal((await shown(lab.cookie)).status, 403);
  assert.equal((await ask(`${base}/`, 'GET', { headers: { host: 'evil.example' } })).status, 404);
  const evil = await ask(`${base}/evil`, 'GET', { headers: { host }, cookie: cookieOf(first) });
  assert.deepEqual(evil.headers['set-cookie'], ['mine=1; Path=/']);
  const page = await server.ask('GET', '/', { headers: { host: `drydock.test:${sitePort}` } });
  assert.match(String(page.headers['content-security-policy']), new RegExp(`frame-src http://${host};`));
});
