// The pages for who does not use a mouse, a wide screen, or scripts.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { inSoak } from '../support/soak.ts';
import { accessibilityFaults } from './axe.ts';
import { lessonPath, newStudent, prompt, screenshot, seen, taskIs } from './browser.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

const focused = '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim()';

test('the keyboard reaches everything, and gets out of the terminal', async () => {
  await using student = await newStudent(drydock.url);
  const { page, context, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);

  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(focused), 'Skip to the text');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(focused), 'Skip to the terminal');
  await page.keyboard.press('Enter');
  await page.locator('.screen.xterm-focused, .screen .xterm.focus').waitFor();
  await page.keyboard.type('docker run hello-world\n');
  await taskIs(page, 'hello', 'done');
  await page.keyboard.press('F6');
  assert.equal(await page.evaluate(focused), 'Screen reader');
  await page.keyboard.press('Enter');
  assert.equal(await page.getByRole('button', { name: 'Screen reader' }).getAttribute('aria-pressed'), 'true');
  // What is drawn stands there as lines to read too.
  await page
    .locator('.screen .xterm-accessibility-tree', { hasText: 'student@docker-host' })
    .waitFor({ state: 'attached' });

  // Every thing that takes a click takes the focus too.
  const reached = new Set<string>();
  for (let count = 0; count < 90; count++) {
    await page.keyboard.press('Tab');
    const name = String(await page.evaluate(focused));
    reached.add(name);
    assert.ok(
      await page.evaluate(
        'document.activeElement === document.body || document.activeElement.matches(":focus-visible")',
      ),
      name,
    );
    if (name === 'Terminal input') await page.keyboard.press('F6');
    if (name === 'New host' && reached.size > 30) break;
  }
  for (const name of [
    'Run: docker version',
    'Copy: docker version',
    'Width of the text',
    'New terminal',
    'Do it for me',
  ]) {
    assert.ok(reached.has(name), `${name} is not reached: ${[...reached].join(', ')}`);
  }

  const divider = page.getByRole('separator', { name: 'Width of the text' });
  const isAt = Number(await divider.getAttribute('aria-valuenow'));
  await divider.focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await divider.getAttribute('aria-valuenow'), String(isAt + 2));
  await page.reload();
  await prompt(page);
  assert.equal(await divider.getAttribute('aria-valuenow'), String(isAt + 2));

  await page.getByRole('button', { name: 'New terminal' }).press('Enter');
  // Its tab is there before it is in hand.
  await page.getByRole('tab', { name: 'Terminal 2', selected: true }).waitFor();
  await page.locator('.screen:not([hidden]) .xterm.focus').waitFor();
  await prompt(page);
  await page.keyboard.press('Shift+F6');
  await page.keyboard.press('F2');
  await page.keyboard.type('lo');
  // The tabs are drawn anew meanwhile; the lamp tells of the connection.
  await context.setOffline(true);
  await page.locator('.host[data-up="false"]').waitFor();
  await context.setOffline(false);
  await page.locator('.host[data-up="true"]').waitFor();
  await page.keyboard.type('gs\n');
  await page.getByRole('tab', { name: 'logs' }).waitFor();
  await page.keyboard.press('Shift+F6');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await page.getByRole('tab', { name: 'Terminal 1' }).getAttribute('aria-selected'), 'true');
  await page.keyboard.press('ArrowRight');
  await screenshot(page, 'keyboard');
  await page.keyboard.press('Delete');
  await page.getByRole('tab', { name: 'logs' }).waitFor({ state: 'detached' });
  assert.equal(await page.evaluate('document.activeElement.id'), 'tab-t1');

  // A question that is left changes nothing, and gives the focus back.
  await page.getByRole('button', { name: 'New host' }).press('Enter');
  assert.equal(await page.evaluate(focused), 'Remove');
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(focused), 'New host');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(focused), 'New host');

  // Without a terminal the tabs have a way in all the same.
  await page.getByRole('tab', { name: 'Terminal 1' }).press('Delete');
  await page.getByRole('heading', { name: 'No terminal is open' }).waitFor();
  assert.equal(await page.evaluate(focused), 'Editor');
  assert.deepEqual(complaints, []);
});

test('a paste of several lines waits for a yes', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.goto('/playground/');
  await prompt(page);
  await page.evaluate("navigator.clipboard.writeText('echo first-$((1+1))\\necho second-$((1+1))\\n')");
  await page.locator('.xterm-helper-textarea').focus();
  await page.keyboard.press('Control+Shift+V');
  const question = page.getByRole('alertdialog');
  await question.getByText('Paste 2 lines?').waitFor();
  await screenshot(page, 'paste');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await page.keyboard.press('Control+Shift+V');
  await question.getByRole('button', { name: 'Paste' }).click();
  await page.keyboard.press('Enter');
  await seen(page, /first-2.*second-2/);
});

test('a narrow page shows one side at a time, and the task in hand', async () => {
  await using student = await newStudent(drydock.url, { width: 390, height: 844, theme: 'dark' });
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await page.getByRole('heading', { name: 'Your first container' }).waitFor();
  assert.ok(await page.locator('#lab').isHidden());
  await page.locator('.task-line', { hasText: 'Run a container from the image hello-world.' }).waitFor();
  await page.getByRole('button', { name: 'Run: docker run hello-world' }).click();
  await prompt(page);
  assert.ok(await page.getByRole('heading', { name: 'Your first container' }).isHidden());
  await page.locator('.task-line', { hasText: 'Start a container named web' }).waitFor();
  await screenshot(page, 'narrow-terminal');
  await page.locator('.task-line').click();
  assert.ok(await page.locator('#task-web').isVisible());
  await screenshot(page, 'narrow-text');
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  assert.deepEqual(complaints, []);
});

test('the text reads with JavaScript off', async () => {
  await using student = await newStudent(drydock.url, { javaScript: false });
  const { page } = student;
  await page.goto(lessonPath);
  // Playwright's text search leaves out what stands in `noscript`.
  assert.ok(await page.locator('noscript h2').isVisible());
  const command = page.locator('.command', { hasText: 'docker run -d --name web -p 8080:80 nginx' });
  await command.scrollIntoViewIfNeeded();
  assert.ok(await command.isVisible());
  assert.ok(await page.getByText('Removing a container loses its data.').isVisible());
  assert.ok(await page.getByText('The first number is the host’s').isVisible());
  // What a word means opens without scripts; no other button would do anything.
  assert.equal(await page.getByRole('button').and(page.locator(':not(.term)')).count(), 0);
  await page.locator('.term').first().click();
  await page.locator('.term-card').first().waitFor({ state: 'visible' });
  await screenshot(page, 'no-scripts');
});

test('the theme follows the system until it is chosen, and stays chosen', async () => {
  await using student = await newStudent(drydock.url, { theme: 'dark' });
  const { page } = student;
  await page.goto('/');
  const ground = 'getComputedStyle(document.body).backgroundColor';
  const dark = await page.evaluate(ground);
  await screenshot(page, 'landing-dark');
  await page.getByRole('button', { name: 'Light theme' }).click();
  assert.notEqual(await page.evaluate(ground), dark);
  await page.reload();
  assert.notEqual(await page.evaluate(ground), dark);
  await page.getByRole('button', { name: 'Dark theme' }).click();
  assert.equal(await page.evaluate(ground), dark);
  await page.goto('/nothing/here/');
  await page.getByRole('heading', { name: 'There is no page at this address' }).waitFor();
});

inSoak('axe finds nothing serious on any page or in any state, in either theme', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  for (const path of ['/', '/glossary/', '/nothing/here/']) {
    await page.goto(path);
    assert.deepEqual(await accessibilityFaults(page), [], path);
  }
  await page.goto(lessonPath);
  await prompt(page);
  assert.deepEqual(await accessibilityFaults(page), [], 'lesson');
  await page.getByRole('button', { name: 'Run: docker run hello-world' }).click();
  await taskIs(page, 'hello', 'done');
  for (const summary of await page.locator('summary:visible').all()) await summary.click();
  for (const option of await page.locator('[data-option="wrong"] label').all()) await option.click();
  assert.deepEqual(await accessibilityFaults(page), [], 'lesson with everything open');
  await page.getByRole('button', { name: 'Go back…' }).click();
  assert.deepEqual(await accessibilityFaults(page), [], 'going back');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Search the lessons' }).click();
  await page.getByRole('searchbox').fill('container');
  await page.locator('.search-found mark').first().waitFor();
  assert.deepEqual(await accessibilityFaults(page), [], 'search');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Split' }).click();
  await page.locator('.stage[data-screens="2"]').waitFor();
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('searchbox', { name: 'Find in this terminal' }).waitFor();
  assert.deepEqual(await accessibilityFaults(page), [], 'split and finding');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Text', exact: true }).click();
  assert.deepEqual(await accessibilityFaults(page), [], 'narrow lesson');
  await page.goto('/playground/');
  await page.locator('#lab').waitFor({ state: 'attached' });
  assert.deepEqual(await accessibilityFaults(page), [], 'narrow playground');
  // The lessons with figures, and the lab where the server does not answer.
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.route('**/api/**', (route) => route.abort());
  for (const lesson of ['images-and-containers', 'containers-are-processes', 'virtual-machines-and-containers']) {
    await page.goto(`/lessons/${lesson}/`);
    await page.locator('.fig-box').first().waitFor();
    await page.locator('.banner').waitFor();
    assert.deepEqual(await accessibilityFaults(page), [], lesson);
  }
});

test('axe finds nothing serious on the first page and in a lesson with everything open, in either theme', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.goto('/');
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.goto(lessonPath);
  await prompt(page);
  for (const summary of await page.locator('summary:visible').all()) await summary.click();
  for (const option of await page.locator('[data-option="wrong"] label').all()) await option.click();
  assert.deepEqual(await accessibilityFaults(page), []);
});
