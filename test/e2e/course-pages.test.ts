// The pages of the course: the first page with its tracks, a track's page, where to go on, and the certificate, which tells what the
// server has written down and nothing else.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { until } from '../support/until.ts';
import { accessibilityFaults } from './axe.ts';
import { lessonPath, newStudent, prompt, screenshot, taskIs, typeLine } from './browser.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

const certificate = '/certificate/';
const track = '/tracks/why-containers/';
const state = '[data-certificate-state]';
const sheet = '[data-certificate-sheet]';

test('who has done nothing has nothing proven, whatever this browser remembers', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(certificate);
  await page.locator(state, { hasText: 'No task of yours is on record yet.' }).waitFor();
  const lesson = '01-why-containers/02-first-container';
  const faked = JSON.stringify({ lessons: { [lesson]: { tasks: ['hello', 'web', 'stop'], quiz: {} } } });
  await page.evaluate(`localStorage.setItem('drydock.progress', ${JSON.stringify(faked)})`);
  await page.reload();
  await page.locator(state, { hasText: 'No task of yours is on record yet.' }).waitFor();
  assert.ok(await page.locator(sheet).isHidden());
  assert.ok(await page.getByRole('button', { name: 'Print' }).isDisabled());
  await page.route('**/api/progress/record', (route) => route.abort());
  await page.reload();
  await page.locator(state, { hasText: 'The server does not answer, and only its record counts here.' }).waitFor();
  assert.ok(await page.locator(sheet).isHidden());
  assert.deepEqual(complaints, []);
});

test('a task that is done leads on from the first page and the track’s, and stands in the certificate with its date', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/');
  await page.getByRole('heading', { name: 'Why containers' }).getByRole('link').click();
  await page.getByRole('heading', { level: 1, name: 'Why containers' }).waitFor();
  assert.equal(new URL(page.url()).pathname, track);
  await page.getByRole('heading', { name: 'After this track you can' }).waitFor();
  await page.getByRole('list', { name: 'After lesson 2 you can' }).waitFor();
  await page.getByRole('link', { name: /Your first container/ }).click();
  await prompt(page);
  await typeLine(page, 'docker run hello-world');
  await taskIs(page, 'hello', 'done');

  for (const address of ['/', track]) {
    await page.goto(address);
    const next = page.getByRole('link', { name: 'Continue: 2 · Your first container' });
    await next.waitFor();
    assert.match((await next.getAttribute('href')) ?? '', /\/lessons\/first-container\/#task-web$/);
    await page.locator('[data-progress$="/02-first-container"][data-look="begun"]').waitFor();
  }

  await page.goto(certificate);
  await page.locator(sheet).waitFor();
  const lesson = page.locator('[data-certificate-lesson$="/02-first-container"]');
  assert.match((await lesson.textContent()) ?? '', /2 · Your first container\s*1 of 5 tasks so far/);
  assert.equal(await lesson.getByRole('listitem').count(), 1);
  const record = (await (await page.request.get('/api/progress/record')).json()) as {
    tasks: { lesson: string; task: string; doneAt: string }[];
  };
  assert.deepEqual(
    record.tasks.map(({ lesson: id, task }) => [id, task]),
    [['01-why-containers/02-first-container', 'hello']],
  );
  assert.equal(await lesson.locator('li:visible time').getAttribute('datetime'), record.tasks[0]?.doneAt);

  // By the keyboard alone, from the top.
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.url()} ${request.postData() ?? ''}`));
  const focused = () => page.evaluate('document.activeElement.id || document.activeElement.textContent.trim()');
  await until('the name’s field has the focus', async () => {
    await page.keyboard.press('Tab');
    return (await focused()) === 'certificate-name';
  });
  await page.keyboard.insertText('Ada <b>Lovelace</b>');
  await page.locator('[data-certificate-name]', { hasText: 'Ada <b>Lovelace</b>' }).waitFor();
  await page.evaluate('window.print = () => { document.title = "printed"; }');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await until('it is printed', async () => (await page.title()) === 'printed');
  await page.reload();
  await page.locator('[data-certificate-name]', { hasText: 'Ada <b>Lovelace</b>' }).waitFor();
  assert.deepEqual(
    asked.filter((one) => /Ada|Lovelace/.test(one)),
    [],
    'the name stays here',
  );
  await page.locator(sheet).waitFor();
  await screenshot(page, 'certificate');

  await page.emulateMedia({ media: 'print' });
  for (const hidden of ['.certificate-tools', '.header', '.footer'])
    assert.ok(await page.locator(hidden).isHidden(), hidden);
  assert.ok(await page.locator(sheet).isVisible());
  await screenshot(page, 'certificate-print');
  await page.emulateMedia({ media: 'screen' });
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.goto(track);
  await page.locator('.lesson-card[data-look="begun"]').first().waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(complaints, []);
});

test('on a phone nothing of these pages is wider than the screen, in either theme', async () => {
  for (const theme of ['light', 'dark'] as const) {
    await using student = await newStudent(drydock.url, { width: 390, height: 844, isPhone: true, theme });
    const { page } = student;
    for (const [name, address] of [
      ['landing', '/'],
      ['track', track],
      ['certificate', certificate],
    ] as const) {
      await page.goto(address);
      await page.getByRole('heading', { level: 1 }).waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, address);
      await screenshot(page, `phone-${name}-${theme}`);
    }
  }
});

test('without scripts the tracks, their lessons and what one can do after them are there to read', async () => {
  await using student = await newStudent(drydock.url, { javaScript: false });
  const { page } = student;
  await page.goto('/');
  assert.ok(await page.getByText('show that a container is a process of its host').isVisible());
  await page.goto(track);
  assert.equal(await page.getByRole('link', { name: /^\d+ .*tasks.*minutes/s }).count(), 5);
  await page.getByRole('link', { name: /Your first container/ }).click();
  assert.equal(new URL(page.url()).pathname, lessonPath);
  await page.goto(certificate);
  // Playwright's text search leaves out what stands in `noscript`.
  assert.match((await page.locator('main noscript').textContent()) ?? '', /needs JavaScript/);
  assert.ok(await page.getByText('Each task of a lesson has a check').isVisible());
});
