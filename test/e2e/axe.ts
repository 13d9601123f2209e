// What axe finds wrong with a page, as far as it keeps somebody from using it.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const fading = 'document.getAnimations().filter(({ effect }) => effect.getTiming().iterations !== Infinity).length';
const rules = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What comes while axe looks is there at once; gives what lets it fade in again. A sheet that the page's policy allows. */
const stopFading = `(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, ::before, ::after { animation-duration: 0s !important; transition: none !important; }');
  document.adoptedStyleSheets.push(sheet);
  return () => document.adoptedStyleSheets.splice(document.adoptedStyleSheets.indexOf(sheet), 1);
})()`;

/** A line for each rule that is broken in a serious or critical way, with the elements that break it. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(source);
  await page.evaluate(`window.fadeAgain = ${stopFading}`);
  // What fades in is judged when it is there.
  await until('nothing fades', async () => (await page.evaluate(fading)) === 0);
  const faults: string[] =
    await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
  await page.evaluate('fadeAgain()');
  return faults;
}
