// A path as a client gives it, checked before anything looks at the disk. Knows no files.

import { EngineError } from '../errors.ts';

/** PATH_MAX and NAME_MAX of Linux, in bytes. */
const maxPathBytes = 4095;
const maxNameBytes = 255;

function refuse(why: string): EngineError {
  return new EngineError('invalid', `this is no path in the home directory: ${why}`);
}

/** The parts of a relative path; none for the home itself. Throws invalid. */
export function partsOf(path: string): readonly string[] {
  if (path === '') return [];
  if (path.includes('\0')) throw refuse('it holds a NUL');
  if (path.startsWith('/')) throw refuse('it begins with /');
  if (Buffer.byteLength(path) > maxPathBytes) throw refuse(`it is longer than ${maxPathBytes} bytes`);
  const parts = path.split('/');
  for (const part of parts) {
    if (part === '') throw refuse('a part of it is empty');
    if (part === '.' || part === '..') throw refuse(`it holds ${part}`);
    if (Buffer.byteLength(part) > maxNameBytes) throw refuse(`a name has at most ${maxNameBytes} bytes`);
  }
  return parts;
}
