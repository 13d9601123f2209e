// What the header and the text offer beside the lab: going back, searching, words explained. And names that mean harm.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { until } from '../support/until.ts';
import { lessonPath, newStudent, prompt, screenshot, seen, taskIs, typeLine } from './browser.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

const focused = '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim()';

test('a student goes back to the start of a task by keyboard, and to what they kept', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);
  // Help that could not be given is none: the task is the student's own work.
  await typeLine(page, 'clear; echo busy-$((1+1)); sleep 1000');
  await seen(page, /busy-2/);
  await page.locator('[data-task="hello"]').getByRole('button', { name: 'Do it for me' }).click();
  await page.getByText('The terminal is busy with another command.').waitFor();
  await page.locator('.screen:not([hidden]) .xterm-helper-textarea').focus();
  await page.keyboard.press('Control+c');
  await seen(page, /\^C.*\$ *$/);
  await typeLine(page, 'docker run hello-world');
  await taskIs(page, 'hello', 'done');
  await typeLine(page, 'clear; echo mine > note; echo written-$((1+1))');
  await seen(page, /written-2/);

  const reset = page.getByRole('button', { name: 'Go back…' });
  const dialog = page.getByRole('dialog', { name: 'Go back in your lab' });
  await reset.focus();
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  // A dialog that is left changes nothing, and gives the focus back.
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await page.evaluate(focused), 'Go back…');

  await page.keyboard.press('Enter');
  await dialog.getByText('Before task 2: Start a container').waitFor();
  await dialog.getByLabel('The start of the lab').focus();
  await page.keyboard.press('Space');
  await dialog.getByText('Task 1 is open again.').waitFor();
  await dialog.getByLabel('Keep what I have now').focus();
  await page.keyboard.press('Space');
  await screenshot(page, 'reset');
  await dialog.getByRole('button', { name: 'Go back' }).focus();
  await page.keyboard.press('Enter');
  await taskIs(page, 'hello', 'now');
  await prompt(page);
  await page.locator('.screen:not([hidden]) .xterm.focus').waitFor();
  await page.keyboard.type('clear; cat note; docker ps -aq | wc -l; echo there-$((1+1))\n');
  await seen(page, /note: No such file or directory0there-2/);

  await reset.click();
  await dialog.getByText('What I had at').waitFor();
  await dialog.locator('.point[data-kind="kept"] input').check();
  await dialog.getByRole('button', { name: 'Go back' }).click();
  await taskIs(page, 'hello', 'done');
  await prompt(page);
  await page.locator('.screen:not([hidden]) .xterm.focus').waitFor();
  await typeLine(page, 'clear; cat note; docker ps -aq | wc -l; echo there-$((1+1))');
  await seen(page, /mine1there-2/);

  await reset.click();
  await dialog.getByRole('button', { name: /^Delete the copy/ }).click();
  await dialog.locator('.point[data-kind="kept"]').waitFor({ state: 'detached' });
  await dialog.getByRole('button', { name: 'Only make a copy' }).click();
  await dialog.getByText('The copy is made.').waitFor();
  await page.keyboard.press('Escape');
  await reset.click();
  await dialog.getByText('What I had at').waitFor();
  assert.equal(await dialog.getByText('The copy is made.').count(), 0);
  await page.keyboard.press('Escape');
  await page.goto('/');
  await page.locator('[data-go-on]', { hasText: 'Continue: 2 · Your first container' }).waitFor();
  await page.getByText('1 of 5 tasks are done.').waitFor();
  await page.locator('[data-go-on]').click();
  await taskIs(page, 'hello', 'done');
  // To the task in hand, below what leads to it.
  await until('the task in hand is in sight', () =>
    page.locator('#task-web').evaluate((task) => {
      const { top, bottom } = task.getBoundingClientRect();
      return top > 100 && bottom < 700;
    }),
  );
  assert.deepEqual(complaints, []);
});

test('the search finds a word with the keyboard alone, and leads to its place', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/');
  await page.keyboard.press('/');
  const field = page.getByRole('searchbox', { name: 'Search the lessons and the glossary' });
  await field.waitFor();
  await page.getByText('A word, or a command').waitFor();
  await page.keyboard.type('removing loses');
  const place = page.locator('.search-found a[href="/lessons/first-container/#remove-the-container"]');
  await place.locator('mark', { hasText: 'loses' }).waitFor();
  await screenshot(page, 'search');
  const reached = () => page.evaluate('document.activeElement.getAttribute("href")');
  const wanted = await place.getAttribute('href');
  for (let steps = 0; steps < 20 && (await reached()) !== wanted; steps++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/lessons/first-container/#remove-the-container');
  await page.getByRole('heading', { name: 'Remove the container' }).waitFor();
  await prompt(page);

  // In the terminal the key is a slash.
  await typeLine(page, 'clear; ls -d /tmp; echo typed-$((1+1))');
  await seen(page, /\/tmp.*typed-2/);
  assert.equal(await field.locator('visible=true').count(), 0);

  await page.locator('.prose h1').click();
  await page.keyboard.press('/');
  await field.waitFor();
  await page.keyboard.type('zzzz<img src=x onerror=alert(1)>');
  await page.getByText('No lesson has these words.').waitFor();
  await page.keyboard.press('Escape');
  await field.waitFor({ state: 'hidden' });
  assert.deepEqual(complaints, []);
});

test('a search that does not come says so, and is there when it is asked for again', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.route('**/_astro/search*.js', (route) => route.abort());
  await page.goto('/');
  await page.keyboard.press('/');
  const failure = page.getByRole('alertdialog', { name: 'Search' });
  await failure.getByText('The search could not be loaded').waitFor();
  await screenshot(page, 'search-failed');
  await failure.getByRole('button', { name: 'Close' }).press('Enter');
  await failure.waitFor({ state: 'detached' });
  await page.unroute('**/_astro/search*.js');
  await page.keyboard.press('/');
  await page.getByRole('searchbox', { name: 'Search the lessons and the glossary' }).waitFor();
  assert.deepEqual(complaints, []);
});

test('progress is there at once, and with the server away', async () => {
  await using student = await newStudent(drydock.url);
  const { page, context } = student;
  await page.goto(lessonPath);
  await prompt(page);
  await typeLine(page, 'docker run hello-world');
  await taskIs(page, 'hello', 'done');
  await context.route('**/api/**', (route) => route.abort());
  await page.goto('/');
  await page.locator('[data-progress$="02-first-container"]', { hasText: '1 of 5 tasks' }).waitFor();
  await page.goto(lessonPath);
  await page.locator('.ticks', { hasText: '1 of 5' }).waitFor();
  await taskIs(page, 'hello', 'done');
});

test('names and texts that mean harm are shown as they are, and run nowhere (F07)', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  await page.goto('/playground/');
  await prompt(page);
  const harm = '<img src=x onerror=alert(1)>';
  const elements = async () =>
    await page.evaluate(`document.querySelectorAll('img[src="x"], [onerror], [onload]').length`);

  // A file's name, a container's command and label, a process's name, a variable.
  await typeLine(page, `clear; touch -- '${harm}.txt' '"><svg onload=alert(2)>'; echo files-$((1+1))`);
  await seen(page, /files-2/);
  await typeLine(
    page,
    `clear; docker run -d --name harm --label 'a=${harm}' -e 'B=${harm}' debian sh -c 'exec -a "${harm}" sleep 600' "${harm}" > /dev/null; docker ps; echo ran-$((1+1))`,
  );
  await seen(page, /ran-2/);
  await page.locator('.engine-view').getByText('harm', { exact: true }).first().waitFor();
  await page.locator('.engine-view').getByText('harm', { exact: true }).first().click();
  assert.equal(await elements(), 0);
  await page.getByRole('button', { name: 'In words' }).click();
  assert.equal(await elements(), 0);

  // A terminal's title, which the server keeps and tells every page.
  await page.getByRole('tab', { name: 'Terminal 1' }).press('F2');
  await page.keyboard.type('<img src=x onerror=alert(3)>\n');
  await page.getByRole('tab', { name: '<img src=x onerror=alert(3)>' }).waitFor();
  assert.equal(await elements(), 0);

  // A refusal, and what is in the page's own storage.
  await page.evaluate(
    `localStorage.setItem('drydock.progress', JSON.stringify({ last: '${harm}', lessons: { '${harm}': { tasks: ['${harm}'], quiz: { a: '${harm}' } } } }))`,
  );
  await page.goto('/');
  await page.locator('[data-go-on]').waitFor();
  assert.equal(await elements(), 0);
  await page.goto(`/lessons/${encodeURIComponent(harm)}/`);
  await page.getByRole('heading', { name: 'There is no page at this address' }).waitFor();
  assert.equal(await elements(), 0);

  for (const path of ['/', lessonPath, '/playground/', '/images/', '/glossary/']) {
    const policy = (await page.request.get(path)).headers()['content-security-policy'] ?? '';
    assert.match(policy, /script-src 'self'(;|$)/, path);
    assert.match(policy, /object-src 'none'/);
    assert.match(policy, /base-uri 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy.replace(/style-src[^;]*/, ''), /unsafe|\*(?!\.|:)/, path);
  }
  assert.deepEqual(complaints, []);
});
