// One engine for a data directory: two on one store would each remove the hosts of the other.

import fs from 'node:fs';
import { EngineError } from './errors.ts';
import { hostKind } from './hosts/host-record.ts';
import { tryLock } from './kernel/locks.ts';
import { isAlive } from './kernel/processes.ts';
import type { EngineSettings } from './settings.ts';
import type { Records } from './store/records.ts';

const lockFile = (dataDirectory: string): string => `${dataDirectory}/engine.lock`;

/** The run directory of the engine that has the lock, or had it last; null where there was none. */
function lastRun(dataDirectory: string): string | null {
  try {
    return fs.readFileSync(lockFile(dataDirectory), 'utf8').split('\n')[1] || null;
  } catch {
    return null;
  }
}

/**
 * Takes the data directory for as long as this process lives; the kernel gives it back, however that ends. Returns the run directory
 * of whoever had it before. Throws conflict where another engine has it.
 */
export function lockData({ dataDirectory }: EngineSettings): string | null {
  const before = lastRun(dataDirectory);
  if (tryLock(lockFile(dataDirectory)) === null) {
    throw new EngineError(
      'conflict',
      `the data directory ${dataDirectory} is in use by another engine, whose run directory is ${before ?? 'not known'}; end that one first, or use another data directory`,
    );
  }
  return before;
}

/**
 * Writes down who has the data directory now. Throws conflict where hosts still run whose sockets and bundles are in the run directory
 * of whoever had it `before`: they cannot be taken up from here.
 */
export function keepData(
  before: string | null,
  { dataDirectory, runDirectory }: EngineSettings,
  records: Records,
): void {
  const isMoved = before !== null && before !== runDirectory;
  const hosts = isMoved ? records.list(hostKind) : [];
  const running = hosts.filter(({ pid, startTicks }) => isAlive(pid, startTicks));
  if (running.length === 0) {
    fs.writeFileSync(lockFile(dataDirectory), `${process.pid}\n${runDirectory}\n`);
    return;
  }
  const some = running.length === 1 ? 'a host' : `${running.length} hosts`;
  throw new EngineError(
    'conflict',
    `${some} of the data directory ${dataDirectory} still run with the run directory ${before}; start there first, and shut down`,
  );
}
