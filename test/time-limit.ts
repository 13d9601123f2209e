// Ends the process of a test file that takes too long, so that the rest is still run. Watched from outside: a file that
// never gives back control cannot watch itself.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Reporter, TestModule } from 'vitest/node';

/** No file takes longer, not even the one that tries all lessons; in `npm run soak`, not even ten thousand containers. */
export const fileTimeoutMs = (process.env.TEST_SOAK === undefined ? 12 : 60) * 60_000;

const lookEveryMs = 5_000;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The children of this process in which vitest runs files, each one at a time. */
function workers(): number[] {
  const children = read(`/proc/self/task/${process.pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.filter((pid) => read(`/proc/${pid}/cmdline`).includes('workers/forks.js'));
}

/** What vitest says of a file that was ended is that its worker exited unexpectedly. */
export class TimeLimit implements Reporter {
  readonly #since = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  onTestRunStart(): void {
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
  }

  /** Before it is imported, which may take long or for ever. */
  onTestModuleQueued({ relativeModuleId }: TestModule): void {
    this.#since.set(relativeModuleId, performance.now());
  }

  onTestModuleEnd({ relativeModuleId }: TestModule): void {
    this.#since.delete(relativeModuleId);
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const late = [...this.#since].filter(([, start]) => now - start >= fileTimeoutMs).map(([file]) => file);
    if (late.length === 0) return;
    // Nobody tells which worker has which file.
    for (const pid of workers()) process.kill(pid, 'SIGKILL');
    this.#since.clear();
    console.log(`✖ ended after ${fileTimeoutMs / 60_000} minutes, with what ran beside: ${late.join(', ')}`);
  }
}
