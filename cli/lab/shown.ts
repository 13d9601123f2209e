// Paths as an author is told of them.

import path from 'node:path';

/** From the working directory where the file lies in it, else whole. */
export function fromHere(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}
