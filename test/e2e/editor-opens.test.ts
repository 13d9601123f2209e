// A lab that opens the editor at a line by itself, when a task comes to hand.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { lessonPath, newStudent, prompt, seen, typeLine } from './browser.ts';
import { openTerminal, shows } from './editor-steps.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

test('the file of the task in hand opens by itself when the task is read, once, and the focus stays where it is', async () => {
  await using student = await newStudent(drydock.url);
  const { page, complaints } = student;
  // As a lesson with `editor: { task: hello, path: .profile, line: 2 }` in its lab file is built.
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      const main = document.querySelector<HTMLElement>('main.workbench');
      if (!main) return;
      observer.disconnect();
      const editors = [{ task: 'hello', path: '.profile', line: 2 }];
      main.dataset.extras = JSON.stringify({ ...JSON.parse(main.dataset.extras ?? ''), editors });
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  await page.goto(lessonPath);
  // Not before its task is read: what the terminal says may still be looked at.
  await prompt(page);
  await typeLine(page, 'sleep 3; echo still-$((1+1))');
  await seen(page, /still-2/);
  assert.equal(await page.locator('.file-tab').count(), 0);
  await page.locator('[data-task="hello"]').scrollIntoViewIfNeeded();
  await page.locator('.file-tab[aria-selected="true"]', { hasText: '.profile' }).waitFor();
  await shows(page, '.bashrc');
  await page
    .locator('[role="status"]', { hasText: 'The file .profile has opened in the editor' })
    .first()
    .waitFor({ state: 'attached' });
  await page.locator('.code .active-line-number', { hasText: /^2$/ }).waitFor();
  assert.equal(await page.locator('.code .monaco-editor.focused').count(), 0);
  await openTerminal(page);

  // After a reload the page is as the student left it.
  await page.reload();
  await prompt(page);
  await page.getByRole('tab', { name: /^Terminal \d$/, selected: true }).waitFor();
  assert.equal(await page.locator('.file-tab').count(), 0);
  assert.deepEqual(complaints, []);
});
