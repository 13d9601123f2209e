// What the browser measures of a page itself.

import type { Page } from 'playwright-core';

/** A script that collects, from the first moment on, in `window.measured`. */
export const measure = `
  window.measured = { shift: 0, firstTextMs: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.entryType === 'layout-shift' && !entry.hadRecentInput) measured.shift += entry.value;
      if (entry.name === 'first-contentful-paint') measured.firstTextMs = entry.startTime;
    }
  }).observe({ entryTypes: ['layout-shift', 'paint'] });
`;

export async function measured(page: Page): Promise<{ shift: number; firstTextMs: number }> {
  return await page.evaluate('measured');
}
