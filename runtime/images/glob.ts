// Go's path.Match for `*` and `?`, which stop at slashes, paid for out of a request's budget.

import type { WorkBudget } from '../work-budget.ts';

/** Of a step here, in those of a pattern: it is a comparison and nothing else. */
const stepCost = 0.25;
/** Steps between two payments. */
const payEvery = 64;

/** Whether the whole of `text` matches. Brackets and backslashes stand for themselves: no image name holds one. */
export function globMatches(pattern: string, text: string, budget: WorkBudget): boolean {
  let [p, t] = [0, 0];
  // Where to go on after a mismatch: behind the last `*`, which then takes one character more. Earlier ones need not move.
  let star = -1;
  let taken = 0;
  let steps = 0;
  while (t < text.length) {
    if (++steps === payEvery) {
      budget.spend(steps * stepCost);
      steps = 0;
    }
    const wanted = pattern[p];
    if (wanted === '*') {
      star = p++;
      taken = t;
    } else if (wanted !== undefined && (wanted === text[t] || (wanted === '?' && text[t] !== '/'))) {
      p++;
      t++;
    } else if (star >= 0 && text[taken] !== '/') {
      p = star + 1;
      t = ++taken;
    } else {
      budget.spend(steps * stepCost);
      return false;
    }
  }
  budget.spend(steps * stepCost);
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
