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

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function violations(page: Page, options: object): Promise<Violation[]> {
  return await page.evaluate(`axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))`);
}

/**
 * A line for each rule that is broken in a serious or critical way, with the elements that break it. The page is left in the light
 * theme. In the dark one only its colours are looked at: all else is the same page. `between` is done in each theme.
 */
export async function accessibilityFaults(
  page: Page,
  between: (theme: 'light' | 'dark') => Promise<void> = async () => undefined,
): Promise<string[]> {
  await page.evaluate(source);
  await page.evaluate(`window.fadeAgain = ${stopFading}`);
  const faults: string[] = [];
  for (const [theme, options] of [
    ['dark', { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }],
    ['light', { runOnly: rules }],
  ] as const) {
    await page.emulateMedia({ colorScheme: theme });
    // What fades in is judged when it is there.
    await until('nothing fades', async () => (await page.evaluate(fading)) === 0);
    for (const { id, nodes } of await violations(page, options))
      faults.push(`${theme}: ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    await between(theme);
  }
  await page.evaluate('fadeAgain()');
  return faults;
}
