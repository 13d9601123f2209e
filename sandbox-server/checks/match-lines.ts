// Runs a lesson's regular expression over text that a student made, in bounded time whatever the two are.

import { maxMatchedLine, maxMatchMs } from '../limits.ts';
import { inTime } from './in-time.ts';

/** Whether one of the text's lines matches. Lines longer than `maxMatchedLine` are left out. Over time: taken as no match. */
export function someLineMatches(source: string, text: string): boolean {
  const wanted = new RegExp(source);
  const lines = text.split('\n');
  const matches = () =>
    lines.some((line) => line.length <= maxMatchedLine && wanted.test(line.endsWith('\r') ? line.slice(0, -1) : line));
  return inTime(matches, maxMatchMs) ?? false;
}
