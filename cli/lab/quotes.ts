// Finds what the MDX parser blames on another sign: a quote in a text that stands in quotes, as in goal="Start "web".".

import type { Place } from './lesson-text.ts';

/** The first such attribute, or null. Code blocks are not looked at. */
export function quoteInQuotes(source: string): (Place & { readonly attribute: string }) | null {
  let inBlock = false;
  for (const [number, line] of source.split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(line)) inBlock = !inBlock;
    if (inBlock) continue;
    // After the closing quote of an attribute comes a space, or the end of the tag or the line.
    const found = /\s(\w+)="[^"]*"(?=[^\s/>])/.exec(line);
    if (found && /<[A-Z]|^\s/.test(line))
      return { line: number + 1, column: found.index + 2, attribute: found[1] ?? '' };
  }
  return null;
}
