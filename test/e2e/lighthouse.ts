// What Lighthouse gives a page, on its slow phone: from 0 to 100 for each of its categories.

import lighthouse, { auditFlowArtifacts, type TraceEvent } from 'lighthouse';
import { chromium } from 'playwright-core';
import { freePort } from '../support/instance.ts';
import { chromiumFlags, chromiumPath } from './browser.ts';

const categories = ['performance', 'accessibility', 'best-practices'] as const;

export type Scores = Readonly<Record<(typeof categories)[number], number>>;

/** Chromium writes the processor's time, in microseconds, beside the time that passed. */
type TimedEvent = TraceEvent & { readonly tdur?: number };

/**
 * Gives each task of a thread the time that the processor spent on it, in place of the time that passed. The browser's other
 * processes and the engine share the two cores of a machine that tests, and a task that waits for its turn there would count
 * as the page's own slowness. What happens within a task moves with it.
 */
function inProcessorTime(events: TimedEvent[]): void {
  const byThread = Map.groupBy(events, ({ pid, tid }) => `${pid} ${tid}`);
  for (const ofThread of byThread.values()) {
    ofThread.sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
    let task = { start: 0, end: 0, share: 1 };
    for (const event of ofThread) {
      if (event.ts >= task.end && event.dur > 0 && event.tdur !== undefined)
        task = { start: event.ts, end: event.ts + event.dur, share: Math.min(1, event.tdur / event.dur) };
      if (event.ts >= task.end) continue;
      event.ts = task.start + (event.ts - task.start) * task.share;
      if (event.dur) event.dur *= task.share;
    }
  }
  events.sort((a, b) => a.ts - b.ts);
}

/**
 * Visits the page as a new browser, up to `mostVisits` times, until all scores are `enough`; gives the best of each. The
 * categories but performance are the same every time; and that is lowered by whatever else the machine does, never raised.
 */
export async function lighthouseScores(url: string, enough: number, mostVisits: number): Promise<Scores> {
  const port = await freePort();
  const browser = await chromium.launchServer({
    executablePath: chromiumPath,
    args: [...chromiumFlags, `--remote-debugging-port=${port}`],
  });
  try {
    const best = { performance: 0, accessibility: 0, 'best-practices': 0 };
    for (let visits = 0; visits < mostVisits && categories.some((one) => best[one] < enough); visits++) {
      const flags = { port, onlyCategories: [...categories], logLevel: 'silent' as const };
      const visit = await lighthouse(url, flags);
      // Now and then Chromium leaves the beginning out of its trace, and nothing is measured: no visit.
      if (!visit || visit.lhr.runtimeError?.code === 'NO_NAVSTART') continue;
      const { artifacts } = visit;
      inProcessorTime(artifacts.Trace.traceEvents);
      const again = await auditFlowArtifacts({ gatherSteps: [{ artifacts, flags: { ...flags, name: url } }] });
      const lhr = again.steps[0]?.lhr;
      if (!lhr || lhr.runtimeError) throw new Error(`Lighthouse on ${url}: ${lhr?.runtimeError?.message}`);
      for (const one of categories)
        best[one] = Math.max(best[one], Math.round((lhr.categories[one]?.score ?? 0) * 100));
    }
    return best;
  } finally {
    await browser.close();
  }
}
