// The mouse in a terminal: text there is drawn, so it is found by its cells.

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';

function isPoint(value: unknown): value is { x: number; y: number } {
  return typeof value === 'object' && value !== null && 'x' in value && 'y' in value;
}

/**
 * As `clickText`, on a text that is a link. A terminal that gets another size, as when the focus comes back to it, forgets what the mouse
 * is at until it moves again: it moves until the link is known.
 */
export async function clickLink(page: Page, text: string): Promise<void> {
  let place = { x: 0, y: 0 };
  await until(`${text} is known as a link`, async () => {
    place = await pointAt(page, text);
    return await page.locator('.screen[data-current] .xterm-cursor-pointer').isVisible();
  });
  await page.mouse.click(place.x, place.y);
}

/** Clicks the middle of a text in the terminal in hand, where it stands last; three clicks select its line. */
export async function clickText(page: Page, text: string, clicks = 1): Promise<void> {
  const { x, y } = await pointAt(page, text);
  await page.mouse.click(x, y, { clickCount: clicks });
}

/** Moves the mouse there. xterm looks for a link when the pointer comes to another cell. */
async function pointAt(page: Page, text: string): Promise<{ x: number; y: number }> {
  const place = await page.evaluate(`(() => {
    const screen = document.querySelector('.screen[data-current]');
    const row = [...screen.querySelectorAll('.xterm-rows > div')].findLast((one) => one.textContent.includes(${JSON.stringify(text)}));
    if (!row) return null;
    const drawn = screen.querySelector('.xterm-screen').getBoundingClientRect();
    const box = row.getBoundingClientRect();
    const cell = drawn.width / Number(screen.dataset.columns);
    return { x: drawn.left + (row.textContent.indexOf(${JSON.stringify(text)}) + ${text.length / 2}) * cell, y: box.top + box.height / 2 };
  })()`);
  assert.ok(isPoint(place), `the terminal does not show ${text}`);
  await page.mouse.move(place.x - 10, place.y);
  await page.mouse.move(place.x, place.y);
  return place;
}
