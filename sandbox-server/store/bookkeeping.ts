// Writes that the server can do without for a while: a full disk must not cost anybody a lab.

import type { Logger } from 'pino';
import { messageOf } from '../errors.ts';

/** Calls `write`. An error is logged, and the record stays as it was. */
export function bookkeeping(log: Pick<Logger, 'error'>, what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    log.error({ error: messageOf(error) }, `not written down: ${what}`);
  }
}

/** Is this an error of SQLite because it cannot write or read: no space, a read-only or a broken disk? */
export function isOfRecords(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}
