// Programs that print to reach out of their screen. What the screen answers is read by the program, however late it comes.

import type { Page } from 'playwright-core';
import { seen, typeLine } from './browser.ts';

/**
 * Has the shell run `print` on a clear screen; resolves when all of it is drawn and every answer to it was read, so that none is
 * left for bash. The screen shows `printed-NAME-2` then.
 */
export async function printHostile(page: Page, name: string, print: string, withinMs?: number): Promise<void> {
  const ask = `stty -echo -icanon; ${print}; echo; echo asked-${name}-$((1+1))`;
  await typeLine(page, `clear; ${ask}; read -rs -d @ x; stty echo icanon; echo printed-${name}-$((1+1))`);
  await seen(page, new RegExp(`asked-${name}-2`), withinMs);
  // It is drawn, so what it asked is answered: a key that is pressed now comes after the answers.
  await page.keyboard.type('@');
  await seen(page, new RegExp(`printed-${name}-2`));
}
