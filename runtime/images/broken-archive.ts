// What is wrong with an archive that cannot be read, in Docker's words.

import { EngineError } from '../errors.ts';

/** For one that is cut off Go's `unexpected EOF`, else why as it is. */
export function brokenArchive(error: unknown): EngineError {
  const why = error instanceof Error ? error.message : String(error);
  // tar-stream's words for it.
  if (/Unexpected end of data/.test(why)) return new EngineError('dataLoss', 'unexpected EOF', { cause: error });
  if (error instanceof EngineError) return error;
  return new EngineError('invalid', `the archive cannot be read: ${why}`, { cause: error });
}
