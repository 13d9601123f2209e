// What Lighthouse gives a page, on its slow phone: from 0 to 100 for each of its categories.

import lighthouse from 'lighthouse';
import { chromium } from 'playwright-core';
import { freePort } from '../support/instance.ts';
import { chromiumFlags } from './browser.ts';

const categories = ['performance', 'accessibility', 'best-practices'] as const;

export type Scores = Readonly<Record<(typeof categories)[number], number>>;

/**
 * Visits the page as a new browser, up to `mostVisits` times, until all scores are `enough`; gives the best of each. The
 * categories but performance are the same every time; and that is lowered by whatever else the machine does, never raised.
 */
export async function lighthouseScores(url: string, enough: number, mostVisits: number): Promise<Scores> {
  const port = await freePort();
  const browser = await chromium.launchServer({
    executablePath: '/usr/bin/chromium',
    args: [...chromiumFlags, `--remote-debugging-port=${port}`],
  });
  try {
    const best = { performance: 0, accessibility: 0, 'best-practices': 0 };
    for (let visits = 0; visits < mostVisits && categories.some((one) => best[one] < enough); visits++) {
      const result = await lighthouse(url, { port, onlyCategories: [...categories], logLevel: 'silent' });
      // Now and then Chromium leaves the beginning out of its trace, and nothing is measured: no visit.
      if (!result || result.lhr.runtimeError?.code === 'NO_NAVSTART') continue;
      if (result.lhr.runtimeError) throw new Error(`Lighthouse on ${url}: ${result.lhr.runtimeError.message}`);
      for (const one of categories)
        best[one] = Math.max(best[one], Math.round((result.lhr.categories[one]?.score ?? 0) * 100));
    }
    return best;
  } finally {
    await browser.close();
  }
}
