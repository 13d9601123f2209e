// Which paths of a build context a `.dockerignore` leaves out.

import { WorkBudget } from '../../work-budget.ts';
import { parseIgnoreFile } from './ignore-file.ts';
import { PatternMatcher } from './pattern-matcher.ts';

/** Gives whether a path, as `src/server.js`, is left out. Throws LanguageError, and EngineError where the patterns take too long. */
export function ignoredPaths(text: string): (path: string) => boolean {
  const patterns = parseIgnoreFile(text);
  if (patterns.length === 0) return () => false;
  const matcher = new PatternMatcher(patterns, new WorkBudget());
  return (path) => matcher.matches(path);
}
