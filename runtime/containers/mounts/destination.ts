// Where in a container something may be mounted, and the forms of paths.

import path from 'node:path';
import { EngineError } from '../../errors.ts';

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

/** As Go's `path.Clean`: shortest, without a slash at its end. */
export function cleanPath(given: string): string {
  const normal = path.posix.normalize(given);
  return normal === '/' ? normal : normal.replace(/\/+$/, '');
}

/** Throws invalid, in moby's words. */
export function checkAbsolute(given: string): void {
  if (!given.startsWith('/') || given.includes('\0'))
    throw invalid(`invalid mount path: '${given.slice(0, 200).replaceAll('\0', '?')}' mount path must be absolute`);
}

/** Throws invalid: in moby's words, and for /proc, which an OCI runtime must find as it made it. */
export function checkDestination(given: string): void {
  if (cleanPath(given) === '/') throw invalid("invalid specification: destination can't be '/'");
  checkAbsolute(given);
  const clean = cleanPath(given);
  if (/^\/proc(\/|$)/.test(clean)) throw invalid(`invalid specification: destination can't be in '${clean}'`);
}
