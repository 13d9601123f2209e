// What `npm run soak` does and `npm test` leaves out: `npm test` tells within minutes what a change has broken, so sweeps, and tests
// that go the same ways as others at more cost, are the soak's.

import process from 'node:process';
import { test } from 'vitest';

/** Whether this is `npm run soak`, which has the time for everything. */
export const isSoak = process.env.TEST_SOAK !== undefined;

/** A test of the soak alone. */
export function inSoak(name: string, act: () => Promise<void>): void {
  if (isSoak) test(name, act);
}

/** How often a test tries that meets another moment each time: all of `most` in a soak, else a sixth. */
export const rounds = (most: number): number => (isSoak ? most : Math.ceil(most / 6));
