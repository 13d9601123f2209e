// `.dockerignore`: its lines become patterns, as github.com/moby/patternmatcher/ignorefile reads them.

import { maxIgnorePatterns } from '../../limits.ts';
import { withoutByteOrderMark } from './directives.ts';
import { byteLength, cleanPath, trim } from './go-text.ts';
import { LanguageError } from './source.ts';

/** Go's `bufio.MaxScanTokenSize`. */
const maxLineBytes = 64 * 1024;

function patternOf(line: string): string {
  const isException = line.startsWith('!');
  const written = isException ? trim(line.slice(1)) : line;
  const cleaned = written === '' ? '' : cleanPath(written);
  const relative = cleaned.length > 1 && cleaned.startsWith('/') ? cleaned.slice(1) : cleaned;
  return isException ? `!${relative}` : relative;
}

/** The patterns, in their order. Comments begin with `#` in the first column. Throws LanguageError. */
export function parseIgnoreFile(text: string): string[] {
  const patterns: string[] = [];
  for (const line of withoutByteOrderMark(text).split('\n')) {
    if (line.length * 3 >= maxLineBytes && byteLength(line) >= maxLineBytes)
      throw new LanguageError('bufio.Scanner: token too long');
    const pattern = line.startsWith('#') ? '' : trim(line);
    if (pattern === '') continue;
    if (patterns.length === maxIgnorePatterns)
      throw new LanguageError(`.dockerignore may have ${maxIgnorePatterns} patterns`);
    patterns.push(patternOf(pattern));
  }
  return patterns;
}
