// What of a failed build's output is worth telling: which lesson it names, and why, in a few lines.

import { stripVTControlCharacters } from 'node:util';

const maxLines = 6;
/** Of a stack or a drawing of where in a bundle it is: nothing that an author knows. */
const noise = /^\s*(at |\^|\||│|╭|╰|─|npm (error|ERR!|warn)|Stack trace:|\d+ \||> |Hint:|Error reference:|See )/;

export interface BuildFailure {
  /** The id of the lesson that it names, or null. */
  readonly lesson: string | null;
  /** A few lines, plain. */
  readonly why: string;
}

export function buildFailureIn(output: string): BuildFailure {
  const lines = stripVTControlCharacters(output).split('\n');
  const start = lines.findIndex((line) => /Error\b|\berror:|\[ERROR\]|\bfailed\b/.test(line) && !noise.test(line));
  const told = lines
    .slice(Math.max(0, start))
    .filter((line) => line.trim() !== '' && !noise.test(line))
    .slice(0, maxLines)
    .map((line) => line.slice(0, 300));
  // Its files, not its page: a fault of the site shows in the page that is drawn first.
  const lesson =
    /lessons\/(\d{2}-[a-z0-9-]+\/\d{2}-[a-z0-9-]+)\/(?:lesson\.mdx|lab\.yaml)/.exec(told.join('\n'))?.[1] ?? null;
  return { lesson, why: told.join('\n') };
}
