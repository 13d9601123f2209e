// What axe finds wrong with a page, as far as it keeps somebody from using it.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const fading = 'document.getAnimations().filter(({ effect }) => effect.getTiming().iterations !== Infinity).length';
const rules = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** A line for each rule that is broken in a serious or critical way, with the elements that break it. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // What fades in is judged when it is there.
  await until('nothing fades', async () => (await page.evaluate(fading)) === 0);
  await page.evaluate(source);
  return await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
}
