// Runs a lesson's regular expression over text that a student made, in bounded time whatever the two are.

import { createContext, Script } from 'node:vm';
import { maxMatchedLine, maxMatchMs } from '../limits.ts';

const context: { match: (() => boolean) | null } = { match: null };
createContext(context);
/** Code that runs in a script of its own can be interrupted, a regular expression too; costs 0.15 ms. */
const script = new Script('match()');

/** Whether one of the text's lines matches. A line that is longer than a log has lines is not looked at. */
export function someLineMatches(source: string, text: string): boolean {
  const wanted = new RegExp(source);
  const lines = text.split('\n');
  context.match = () =>
    lines.some((line) => line.length <= maxMatchedLine && wanted.test(line.endsWith('\r') ? line.slice(0, -1) : line));
  try {
    return script.runInContext(context, { timeout: maxMatchMs }) === true;
  } catch (error) {
    // What takes so long matches nothing that a lesson asks for.
    // (The error is of the script's own world, no instance of our Error.)
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  } finally {
    context.match = null;
  }
}
