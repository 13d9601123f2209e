// How often a test tries that meets another moment each time.

import process from 'node:process';

/** All of `most` in `npm run soak`; a third in `npm test`, which tells within minutes what a change has broken. */
export const rounds = (most: number): number => (process.env.TEST_SOAK === undefined ? Math.ceil(most / 3) : most);
