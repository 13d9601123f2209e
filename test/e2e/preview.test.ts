// A student's own page, in the browser's hands: what it may do to the site around it, in a frame and in a window (F08).

import assert from 'node:assert/strict';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { listens } from '../sandbox-server/previews/lab.ts';
import { startTestServer, type TestServer } from '../sandbox-server/server.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';
import { newStudent, type Student } from './browser.ts';

let engine: RunningEngine;
let server: TestServer;
let student: Student;
let page: Page;
let session: string;

/** A page that tries everything on whatever is around it, and says what came of it. */
const hostile = `<!doctype html><title>hostile</title><h1>hostile</h1><script>
const site = new URLSearchParams(location.search).get('site');
const session = new URLSearchParams(location.search).get('session');
const tried = async (work) => { try { return String(await work()); } catch (error) { return 'refused: ' + error.name; } };
const socketTo = (url) => new Promise((done) => {
  const socket = new WebSocket(url); socket.onopen = () => done('open'); socket.onerror = () => done('refused'); });
const framed = (url) => new Promise((done) => {
  const frame = document.createElement('iframe'); frame.onload = () => {
    try { done('loaded ' + frame.contentDocument.body.innerText.length); } catch (error) { done('refused: ' + error.name); } };
  frame.src = url; document.body.append(frame); });
window.attack = async () => ({
  cookie: document.cookie,
  parentCookie: await tried(() => parent.document.cookie),
  parentStorage: await tried(() => parent.localStorage.getItem('secret')),
  topStorage: await tried(() => top.localStorage.getItem('secret')),
  ownStorage: await tried(() => localStorage.getItem('secret')),
  domain: await tried(() => { document.domain = 'localhost'; return document.domain; }),
  parentAfterDomain: await tried(() => parent.document.title),
  opener: String(window.opener),
  topNavigation: top === self ? '' : await tried(() => { top.location.href = 'about:blank'; return 'allowed'; }),
  progress: await tried(async () => (await fetch(site + '/api/progress', { credentials: 'include' })).status),
  opaque: await tried(async () => (await fetch(site + '/api/progress', { credentials: 'include', mode: 'no-cors' })).type),
  preflight: await tried(async () => (await fetch(site + '/api/sessions', { method: 'POST', credentials: 'include',
    headers: { 'content-type': 'application/json' }, body: '{"lesson":"playground"}' })).status),
  end: await tried(async () => (await fetch(site + '/api/sessions/' + session, { method: 'DELETE', credentials: 'include' })).status),
  form: await tried(async () => (await fetch(site + '/api/sessions/' + session + '/ticket', { method: 'POST', mode: 'no-cors',
    credentials: 'include', body: 'x' })).type),
  socket: await socketTo(site.replace('http', 'ws') + '/api/socket'),
  lesson: await framed(site + '/'),
  toss: await tried(() => { for (const domain of ['localhost', '.localhost', 'preview.localhost'])
    for (const name of ['drydock', '__Host-drydock', '__Host-drydock-preview'])
      document.cookie = name + '=tossed; path=/; domain=' + domain; return document.cookie; }),
  overwrite: await tried(() => { document.cookie = '__Host-drydock-preview=x; path=/; Secure'; return document.cookie; }),
  worker: await tried(async () => (await navigator.serviceWorker.register('/worker.js')).scope),
  wideWorker: await tried(async () => (await navigator.serviceWorker.register('/deep/worker.js', { scope: '/' })).scope),
  siteWorker: await tried(async () => (await navigator.serviceWorker.register(site + '/early.js')).scope),
});
addEventListener('message', (event) => { parent.postMessage('answer to ' + event.data, '*'); });
</script>`;

beforeAll(async () => {
  engine = await sharedEngine();
  server = await startTestServer({ engineSocket: engine.socket });
  student = await newStudent(server.origin);
  ({ page } = student);
  await page.goto('/');
  // As the page does it, so that the browser has the cookie.
  session =
    await page.evaluate(`fetch('/api/sessions', { method: 'POST', headers: { 'content-type': 'application/json' },
    body: '{"lesson":"playground"}' }).then((answer) => answer.json()).then(({ session }) => {
      localStorage.setItem('secret', 'of the site');
      return session;
    })`);
  await until('the lab is ready', async () => (await openPreview(8080)) !== null);
  const [{ name } = { name: '' }] = await engine.client.hosts();
  const script = `mkdir -p /www/deep; printf %s "$PAGE" > /www/index.html; echo '' | tee /www/worker.js > /www/deep/worker.js
    exec httpd -f -p 80 -h /www`;
  const argv = ['run', '-d', '-p', '8080:80', '-e', `PAGE=${hostile}`, 'busybox', 'sh', '-c', script];
  const { exitCode, stderr } = await engine.docker(name, ...argv);
  assert.equal(exitCode, 0, stderr);
  await listens(engine, name, 8080);
});

afterAll(async () => {
  await student?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

/** Asked by the site's own page; null while the lab is not ready. */
async function openPreview(port: number): Promise<string | null> {
  return await page.evaluate(`fetch('/api/sessions/${session}/previews', { method: 'POST',
    headers: { 'content-type': 'application/json' }, body: '{"port":${port}}' })
    .then(async (answer) => (answer.ok ? (await answer.json()).url : null))`);
}

/** A frame on the site's page, as the preview's tab has it; resolves once it shows what `shows` names. */
async function inFrame(port: number, shows: string): Promise<Frame> {
  const url = await openPreview(port);
  assert.ok(url);
  await page.evaluate(`{
    document.querySelector('iframe')?.remove();
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts allow-forms allow-same-origin');
    frame.src = '${url}';
    document.body.append(frame);
  }`);
  await page.frameLocator('iframe').locator('h1', { hasText: shows }).waitFor();
  const frame = page.frames().find((each) => each.url().startsWith(new URL(url).origin));
  assert.ok(frame);
  return frame;
}

async function attacksOf(target: Frame | Page): Promise<Record<string, string>> {
  const address = new URL(target.url());
  address.search = String(new URLSearchParams({ site: server.origin, session }));
  await target.goto(address.href);
  return await target.evaluate('attack()');
}

async function expectNothing(tried: Record<string, string>): Promise<void> {
  const { cookie, toss, overwrite, ownStorage, opener, socket, lesson, ...rest } = tried;
  assert.deepEqual([cookie, opener, socket], ['', 'null', 'refused']);
  assert.doesNotMatch(String(ownStorage), /of the site/);
  assert.doesNotMatch(`${toss} ${overwrite}`, /__Host-/);
  assert.match(String(lesson), /^refused/);
  // A browser lets anybody ask, as it lets a link: what comes back is opaque at best, and it must have changed nothing.
  assert.match(`${rest.opaque} ${rest.form}`, /^(opaque|refused: \w+) (opaque|refused: \w+)$/);
  // At most on its own origin, which no other preview ever has; Chromium wants none in a frame of another site.
  assert.match(String(rest.worker), /^(http:\/\/[0-9a-f]{32}\.preview\.localhost:\d+\/|refused: \w+)$/);
  for (const name of ['parentAfterDomain', 'progress', 'preflight', 'end', 'siteWorker', 'wideWorker'])
    assert.match(String(rest[name]), /^refused/, name);
  assert.equal(rest.domain === 'localhost', false, 'it is not part of a greater origin');
  await siteGoesOn();
}

/** The site's cookie is its own, and the student's page goes on with it. */
async function siteGoesOn(): Promise<void> {
  const origin = new URL(server.origin);
  const cookies = await student.context.cookies(server.origin);
  const site = cookies.filter(({ domain }) => domain === origin.hostname);
  assert.deepEqual(
    site.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]),
    [['drydock', true, 'Lax']],
  );
  assert.notEqual(site[0]?.value, 'tossed');
  const ticket = `/api/sessions/${session}/ticket`;
  const status = await page.evaluate(`fetch('${ticket}', { method: 'POST' }).then(({ status }) => status)`);
  assert.equal(status, 200, 'the student’s own page goes on with its own cookie');
}

describe('F08 in the browser', () => {
  test('a preview shows in a frame of the site, and its cookie counts there', async () => {
    const frame = await inFrame(8080, 'hostile');
    assert.equal(await frame.evaluate(`fetch('/index.html').then(({ status }) => status)`), 200);
    const [complaint] = student.complaints.filter((each) => !each.startsWith('request to'));
    assert.equal(complaint, undefined, 'no policy was broken on the way');
  });

  test('a hostile page in the frame gets nothing of the site', async () => {
    const tried = await attacksOf(await inFrame(8080, 'hostile'));
    await expectNothing(tried);
    for (const name of ['parentCookie', 'parentStorage', 'topStorage', 'topNavigation'])
      assert.match(String(tried[name]), /^refused/, name);
    assert.equal(new URL(page.url()).origin, server.origin, 'the site is where it was');
  });

  test('a hostile page in a window of its own gets nothing of the site either', async () => {
    const url = await openPreview(8080);
    assert.ok(url);
    const [popup] = await Promise.all([
      student.context.waitForEvent('page'),
      page.evaluate(`void window.open('${url}', '_blank', 'noopener')`),
    ]);
    await popup.locator('h1', { hasText: 'hostile' }).waitFor();
    const tried = await attacksOf(popup);
    await popup.close();
    const { socket, progress, preflight, end, lesson, opener, siteWorker, worker, opaque, form } = tried;
    assert.deepEqual([socket, opener], ['refused', 'null']);
    assert.match(`${opaque} ${form}`, /^(opaque|refused: \w+) (opaque|refused: \w+)$/);
    assert.match(String(worker), /^(http:\/\/[0-9a-f]{32}\.preview\.localhost:\d+\/|refused: \w+)$/);
    for (const each of [progress, preflight, end, lesson, siteWorker]) assert.match(String(each), /^refused/);
    await siteGoesOn();
    await inFrame(8080, 'hostile');
  });

  test('messages reach the page around, which hears none of them as its own', async () => {
    const frame = await inFrame(8080, 'hostile');
    // The two pages are processes of their own: it listens before the other speaks.
    await page.evaluate(`void (window.heard = new Promise((resolve) => {
      addEventListener('message', ({ origin, data }) => resolve(origin + ' ' + data), { once: true });
    }))`);
    await frame.evaluate(`parent.postMessage({ type: 'session', phase: 'ended' }, '*')`);
    assert.equal(
      await page.evaluate('heard'),
      `${new URL(frame.url()).origin} [object Object]`,
      'its origin tells it apart',
    );
  });

  test('a page of another site can neither show nor read a preview', async () => {
    const frame = await inFrame(8080, 'hostile');
    const { origin } = new URL(frame.url());
    const other = await student.context.newPage();
    // Another origin of this machine, which has nothing to do with Drydock.
    await other.route('http://other.localhost/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: `<iframe src="${origin}/"></iframe>` }),
    );
    await other.goto('http://other.localhost/');
    await until('the frame has been refused', () =>
      other.frames().some((each) => each.url().startsWith('chrome-error:')),
    );
    const read = `fetch('${origin}/', { credentials: 'include' }).then(() => 'read', ({ name }) => name)`;
    assert.equal(await other.evaluate(read), 'TypeError');
    await other.close();
  });

  test('a preview that nothing answers says so, and shows the page as soon as something does', async () => {
    const [{ name } = { name: '' }] = await engine.client.hosts();
    await inFrame(8090, 'Nothing answers on port 8090');
    const script = 'mkdir /w; echo "<h1>here at last</h1>" > /w/index.html; exec httpd -f -p 80 -h /w';
    const { exitCode } = await engine.docker(name, 'run', '-d', '-p', '8090:80', 'busybox', 'sh', '-c', script);
    assert.equal(exitCode, 0);
    await page.frameLocator('iframe').locator('h1', { hasText: 'here at last' }).waitFor();
  });
});
