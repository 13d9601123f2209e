// A small laptop: there is room to work, and the page stays as it was put. The place in the text, and the focus, are where
// the student left them.

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { until } from '../support/until.ts';
import { lessonPath, newStudent, pressTwice, prompt, screenshot, screenText, seen, typeLine } from './browser.ts';
import { newFile, openEditor, type } from './editor-steps.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

const laptop = { width: 1366, height: 768 };
const rows = (page: Page) => page.locator('.screen:not([hidden]) .xterm-rows > div').count();

test('at 1366 by 768 the terminal has 20 rows, the editor 12 lines, and docker ps -a does not wrap', async () => {
  await using student = await newStudent(drydock.url, laptop);
  const { page, complaints } = student;
  for (const path of [lessonPath, '/playground/']) {
    await page.goto(path);
    await prompt(page);
    await until('the terminal has its size', async () => (await rows(page)) >= 20);
    // As wide as the lesson's own container can be: with the longest name that the engine gives, some seconds old.
    await typeLine(
      page,
      'docker pull -q busybox && docker tag busybox hello-world && docker run --name graceful_lighthouse hello-world /bin/true; sleep 1; clear; docker ps -a; echo listed-$((1+1))',
    );
    await seen(page, /listed-2/);
    const drawn = await page.locator('.screen:not([hidden]) .xterm-rows > div').allTextContents();
    const row = drawn.find((line) => /^[0-9a-f]{12} /.test(line.replaceAll('\u00a0', ' ')));
    assert.match(row ?? drawn.join('\n'), /Exited \(0\) .*graceful_lighthouse\s*$/, path);
    await screenshot(page, `laptop-${path.replaceAll('/', '')}`);
  }
  await openEditor(page);
  await newFile(page, 'long.txt');
  await type(page, 'line\n'.repeat(60));
  const lines = page.locator('.code .view-line');
  await until('12 lines are drawn', async () => (await lines.count()) >= 12);
  await screenshot(page, 'laptop-editor');
  // Too low for both: the terminal has the room until the picture is asked for, and that is remembered.
  await page.setViewportSize({ width: 1366, height: 620 });
  await page.goto(lessonPath);
  await prompt(page);
  const show = page.getByRole('button', { name: 'Show', exact: true });
  await show.click();
  await page.reload();
  await prompt(page);
  await page.getByRole('button', { name: 'Hide', exact: true }).waitFor();
  assert.deepEqual(complaints, []);
});

test('the place in the text is the same after a reload, Back and Forward, and in a narrower window', async () => {
  await using student = await newStudent(drydock.url, laptop);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);
  const text = page.locator('.text');
  const at = () => text.evaluate((element) => Math.round(element.scrollTop));
  /** Waits until the history has it, and not what was on the way there. */
  const scrollTo = async (block: string) => {
    await page.locator(block).evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await until('the place is kept', async () =>
      text.evaluate((element) => {
        const { block, above } = history.state?.place ?? {};
        const top = document.querySelectorAll('.prose > *')[block]?.getBoundingClientRect().top ?? Number.NaN;
        return Math.abs(top - element.getBoundingClientRect().top + above) < 2;
      }),
    );
  };
  const isAt = async (place: number, what: string) => {
    await prompt(page);
    await until(`${what}: ${place}`, async () => Math.abs((await at()) - place) < 4);
  };
  await scrollTo('#task-web');
  const first = await at();
  assert.ok(first > 500);
  await page.reload();
  await isAt(first, 'reloaded');
  await page.goto('/glossary/');
  await page.goBack();
  await isAt(first, 'back from another page');

  // A heading, as a link of the search or of the text leads to it; then one reads on.
  await page.evaluate("location.hash = [...document.querySelectorAll('.prose h2')].at(-1).id");
  await until('the heading is there', async () => (await at()) > first);
  await scrollTo('#task-remove');
  const second = await at();
  await page.reload();
  await isAt(second, 'reloaded at a heading');
  await page.goBack();
  await isAt(first, 'back');
  await page.goForward();
  await isAt(second, 'forward');

  await page.setViewportSize({ width: 950, height: 768 });
  await page.reload();
  await prompt(page);
  const top = () => page.locator('#task-remove').evaluate((task) => task.getBoundingClientRect().top);
  await until('the same task is the topmost', async () => Math.abs((await top()) - 148) < 60);
  assert.deepEqual(complaints, []);
});

test('after a click on Run the terminal has the focus, by keyboard the button keeps it; F6 goes both ways', async () => {
  await using student = await newStudent(drydock.url, laptop);
  const { page, complaints } = student;
  await page.goto(lessonPath);
  await prompt(page);
  const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label")');
  const inTerminal = page.locator('.screen .xterm.focus');
  const run = page.getByRole('button', { name: 'Run: docker ps', exact: true }).first();
  await run.click();
  await seen(page, /CONTAINER ID/);
  await inTerminal.waitFor();
  await seen(page, /NAMES\s*student@docker-host:~\$ *$/);
  // Said once the shell no longer reads keys itself.
  await page.keyboard.type('echo cat-$((1+1)); cat -v\n');
  await seen(page, /cat-2/);

  // Twice is the program's, and the focus is where it was.
  await pressTwice(page, 'F6');
  await inTerminal.waitFor();
  await page.keyboard.press('Enter');
  await seen(page, /\^\[\[17~\s*\^\[\[17~/);
  await pressTwice(page, 'F6', { shift: true });
  await inTerminal.waitFor();
  await page.keyboard.press('Enter');
  await seen(page, /\^\[\[17;2~\s*\^\[\[17;2~/);
  await page.keyboard.press('Control+c');
  await seen(page, /\^C\s*student@docker-host:~\$ *$/);

  // Once leads back to where the student came from, and from there in again.
  await page.keyboard.press('F6');
  assert.equal(await focused(), 'Run: docker ps');
  const before = await screenText(page);
  await page.waitForTimeout(600); // longer than it takes to press a key twice
  await page.keyboard.press('F6');
  await inTerminal.waitFor();
  assert.equal(await screenText(page), before);

  await run.press('Enter');
  await page.locator('.command', { has: run }).locator('.command-state', { hasText: 'Ran' }).waitFor();
  assert.equal(await focused(), 'Run: docker ps');
  // From a click into the text too, which no button had.
  await page.locator('.lede').click();
  await page.keyboard.press('F6');
  await inTerminal.waitFor();
  assert.deepEqual(complaints, []);
});
