// How pages are laid out: nothing jumps, nothing is too wide, nothing moves for whoever wants no motion, and on paper.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { alive, lessonPath, newStudent, prompt, runPlate, screenshot } from './browser.ts';
import { measure, measured } from './measure.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

const pages = ['/', '/glossary/', lessonPath, '/playground/', '/nothing/here/'];
const hubPages = ['/hub/', '/hub/library/redis', '/hub/library/redis:latest'];

for (const [width, height] of [
  [1440, 900],
  [390, 844],
] as const) {
  test(`nothing jumps while a page comes to life, ${width} wide`, async () => {
    await using student = await newStudent(drydock.url, { width, height });
    const { page } = student;
    await page.addInitScript(measure);
    for (const path of [...pages, '/', lessonPath, ...hubPages]) {
      await page.goto(path);
      if (path === lessonPath || path === '/playground/') {
        // A narrow page draws no terminal before it is looked at.
        const isThere = width > 900 ? '.lab-body .screen[data-attached="true"]' : '.host[data-up="true"]';
        await page.locator(isThere).waitFor({ state: 'attached' });
        if (path === lessonPath) await page.locator('[data-task][data-state="now"] .found').first().waitFor();
      }
      if (hubPages.includes(path)) await page.locator('#hub :is(.hub-row, .hub-table, .hub-step)').first().waitFor();
      await page.evaluate('document.fonts.ready');
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      const { shift } = await measured(page);
      assert.ok(shift < 0.02, `${path}: ${shift}`);
    }
  });
}

test('nothing jumps for who comes back and has put the engine view elsewhere', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.addInitScript(measure);
  const settled = async () => {
    await page.goto(lessonPath);
    await prompt(page);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    return (await measured(page)).shift;
  };
  const view = page.getByRole('region', { name: 'Engine view' });
  const height = async () => (await view.boundingBox())?.height ?? 0;
  await settled();
  await view.getByRole('separator').press('End');
  assert.ok((await settled()) < 0.02, 'higher');
  assert.ok(Math.abs((await height()) - 630) < 2, '70 % of the window');
  await view.getByRole('button', { name: 'Hide' }).click();
  assert.ok((await settled()) < 0.02, 'hidden');
  assert.ok((await height()) < 60, 'its head alone');
  // Where it is a pane of its own there is no place for it to be hidden in.
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Engine', exact: true }).click();
  await view.getByRole('heading', { name: 'Volumes' }).waitFor();
});

test('no page is wider than 320 pixels, nor than a window at 200 %', async () => {
  for (const [width, height] of [
    [320, 640],
    [720, 450],
  ] as const) {
    await using student = await newStudent(drydock.url, { width, height });
    const { page } = student;
    for (const path of pages) {
      await page.goto(path);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${path} at ${width}`);
      const wide = await page.evaluate(
        `[...document.querySelectorAll('.text')].filter((text) => text.scrollWidth > text.clientWidth).length`,
      );
      assert.equal(wide, 0, `the text of ${path} at ${width}`);
      const face = await page.evaluate("getComputedStyle(document.querySelector('code')).fontFamily");
      assert.match(String(face), /^"IBM Plex Mono"/, `commands in the text of ${path}`);
    }
    await page.goto(lessonPath);
    await alive(page);
    for (const side of ['Terminal', 'Engine', 'Text']) {
      await page.locator('.pane-bar').getByRole('button', { name: side }).click();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${side} at ${width}`);
    }
    await page.locator('.pane-bar').getByRole('button', { name: 'Terminal' }).click();
    await prompt(page);
    // How the keyboard leaves the terminal is told at any width and zoom.
    await page.getByText('F6 leaves the terminal').waitFor();
    await page.evaluate("navigator.clipboard.writeText('echo one\\necho two\\n')");
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.press('Control+Shift+V');
    await page.getByText('Paste 2 lines?').waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `a notice at ${width}`);
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Split' }).click();
    await page.locator('.stage[data-screens="2"]').waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `split at ${width}`);
    await screenshot(page, `split-${width}`);
    await page.getByRole('button', { name: 'Go back…' }).click();
    await page.getByRole('dialog', { name: 'Go back in your lab' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `going back at ${width}`);
    await screenshot(page, `reset-${width}`);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Search the lessons' }).click();
    await page.getByRole('searchbox').fill('container');
    await page.locator('.search-found a').first().waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `search at ${width}`);
  }
});

test('a link to a place in the text scrolls the text alone: the header stays', async () => {
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    await using student = await newStudent(drydock.url, { width, height });
    const { page } = student;
    await page.goto(lessonPath);
    await alive(page);
    await page.getByText('In this lesson').click();
    await page.locator('.contents a').last().click();
    await page.waitForFunction("document.querySelector('.text').scrollTop > 1000");
    assert.equal(await page.evaluate('window.scrollY'), 0, `${width}`);
    assert.equal((await page.locator('.header').boundingBox())?.y, 0, `${width}`);
  }
});

test('nothing moves for whoever wants no motion', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const path of ['/', lessonPath]) {
    await page.goto(path);
    if (path === lessonPath) await prompt(page);
    assert.equal(await page.evaluate('document.getAnimations().length'), 0, path);
  }
});

test('on paper stand text, figures and commands, and no lab', async () => {
  await using student = await newStudent(drydock.url);
  const { page } = student;
  await page.goto(lessonPath);
  await prompt(page);
  // A run brings the lab into sight; a sheet of A4 is a narrow page.
  await runPlate(page.locator('.command').first());
  await page.emulateMedia({ media: 'print' });
  for (const away of ['.header', '#lab', '.command-tools', '.pagination', '.do-it']) {
    assert.equal(await page.locator(away).locator('visible=true').count(), 0, away);
  }
  for (const there of ['h1', '.command pre', '.task-goal', '.figure', '.question legend']) {
    assert.ok((await page.locator(there).locator('visible=true').count()) > 0, there);
  }
  const pdf = (
    await page.pdf({ format: 'A4', margin: { top: '2cm', bottom: '2cm', left: '2cm', right: '2cm' } })
  ).toString('latin1');
  const sheets = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  // A text that is cut off at the window's end makes one.
  assert.ok(sheets >= 4, `${sheets} sheets`);
});
