// What the tests of a run came to, for its last lines.

import type { TestModule, Vitest } from 'vitest/node';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A file, group or hook that failed by itself is counted as a test that failed, and so is an error outside of all tests. */
export function countsOf({ state }: Vitest): Counts {
  const counts = { passed: 0, failed: state.getUnhandledErrors().length, skipped: 0 };
  for (const file of state.getTestModules()) {
    if (file.errors().length > 0) counts.failed++;
    for (const group of file.children.allSuites()) if (group.errors().length > 0) counts.failed++;
    for (const test of file.children.allTests()) {
      const { state } = test.result();
      // One that has no result yet is of a file that was ended.
      counts[state === 'pending' ? 'failed' : state]++;
    }
  }
  return counts;
}

/** Milliseconds, from the start of the file's process. */
function tookMs(file: TestModule): number {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } = file.diagnostic();
  return environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration;
}

export function slowestOf({ state }: Vitest): string {
  const files = state.getTestModules().map((file) => ({ name: file.relativeModuleId, ms: tookMs(file) }));
  files.sort((a, b) => b.ms - a.ms);
  return files
    .slice(0, 8)
    .map(({ name, ms }) => `${name} ${(ms / 1000).toFixed(0)} s`)
    .join(', ');
}
