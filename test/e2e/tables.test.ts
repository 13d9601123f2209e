// The tables of lessons where the text has a narrow column: on a phone, and beside the lab.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunningDrydock } from '../support/drydock.ts';
import { sharedDrydock } from '../support/shared.ts';
import { newStudent } from './browser.ts';

let drydock: RunningDrydock;
beforeAll(async () => {
  drydock = await sharedDrydock();
});
afterAll(async () => {
  await drydock[Symbol.asyncDispose]();
});

const lessonsFolder = path.join(import.meta.dirname, '../../lessons');

async function lessonPaths(): Promise<readonly string[]> {
  const tracks = (await readdir(lessonsFolder)).filter((name) => /^\d\d-/.test(name));
  const lessons = await Promise.all(tracks.map((track) => readdir(path.join(lessonsFolder, track))));
  return lessons
    .flat()
    .filter((name) => /^\d\d-/.test(name))
    .map((name) => `/lessons/${name.slice(3)}/`);
}

/** Words of code that stand on two lines, though one of 17 letters has room; first columns with room for more than their commands. */
const faults = `[...document.querySelectorAll('.prose table:not(.figure *)')].flatMap((table) => {
  const broken = [...table.querySelectorAll('td code')].flatMap((code) => {
    const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
      if ((texts.currentNode.parentElement.closest('.word')?.textContent ?? '').length > 17) continue;
      for (const { 0: word, index } of texts.currentNode.data.matchAll(/[^\\s]+/g)) {
        const range = document.createRange();
        range.setStart(texts.currentNode, index);
        range.setEnd(texts.currentNode, index + word.length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (word.length <= 17 && lines.size > 1) found.push('broken: ' + word);
      }
    }
    return found;
  });
  const cells = [...table.querySelectorAll('td:first-child')];
  if (cells.length === 0 || cells.some((cell) => [...cell.childNodes].some((node) => node.nodeName !== 'CODE'))) return broken;
  // On one line each; a long one takes the column's whole room, and then more lines.
  const needed = Math.max(...[...table.querySelectorAll('td:first-child code, th:first-child')].map((part) => {
    const range = document.createRange();
    range.selectNodeContents(part);
    return [...range.getClientRects()].reduce((sum, { width }) => sum + width, 0);
  }));
  const width = cells[0].getBoundingClientRect().width;
  return width > needed + 30 ? [...broken, 'wide: ' + cells[0].innerText + ', ' + width + ' for ' + needed] : broken;
})`;

/** By how many pixels tables that authors write are wider than the text that they stand in. */
const tooWide = `[...document.querySelectorAll('.prose table:not(.figure *)')]
  .map((table) => table.getBoundingClientRect().width - table.parentElement.clientWidth
    + ['paddingLeft', 'paddingRight'].reduce((sum, side) => sum + parseFloat(getComputedStyle(table.parentElement)[side]), 0))
  .filter((pixels) => pixels > 1)`;

test('no table is wider than its text, on the narrowest phone too', async () => {
  await using student = await newStudent(drydock.url, { width: 320, height: 640, javaScript: false });
  const { page } = student;
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 844 });
    for (const lesson of await lessonPaths()) {
      await page.goto(lesson);
      await page.evaluate('document.fonts.ready');
      assert.deepEqual(await page.evaluate(tooWide), [], `${lesson} at ${width}`);
    }
  }
});

test('a table breaks no short word of a command, and gives its first column what its commands need', async () => {
  await using student = await newStudent(drydock.url, { width: 390, height: 844, javaScript: false });
  const { page } = student;
  const found: Record<string, unknown> = {};
  let tables = 0;
  for (const lesson of await lessonPaths()) {
    await page.goto(lesson);
    await page.evaluate('document.fonts.ready');
    tables += await page.locator('.prose table').count();
    const here = await page.evaluate<readonly string[]>(faults);
    if (here.length > 0) found[lesson] = here;
  }
  assert.ok(tables > 0);
  assert.deepEqual(found, {});
});
