// Ends the process of a test file that takes too long, so that the rest is still run. Watched from outside: a file that
// never gives back control cannot watch itself.

import { readFileSync } from 'node:fs';
import process from 'node:process';

/** No file takes longer, not even the one that tries all lessons. */
export const fileTimeoutMs = 12 * 60_000;

const lookEveryMs = 5_000;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The children of this process in which vitest runs files: one each. */
function workers(): number[] {
  const children = read(`/proc/self/task/${process.pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.filter((pid) => read(`/proc/${pid}/cmdline`).includes('workers/forks.js'));
}

/** Until it is disposed of. What vitest says of a file that was ended is that its worker exited unexpectedly. */
export function keepTimeLimit(): Disposable {
  let since = new Map<number, number>();
  const timer = setInterval(() => {
    const now = performance.now();
    since = new Map(workers().map((pid) => [pid, since.get(pid) ?? now]));
    for (const [pid, start] of since) {
      if (now - start < fileTimeoutMs) continue;
      console.log(`✖ a file took longer than ${fileTimeoutMs / 60_000} minutes, and process ${pid} was ended`);
      process.kill(pid, 'SIGKILL');
    }
  }, lookEveryMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
