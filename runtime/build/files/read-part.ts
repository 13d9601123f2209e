// Reading a part of an open file: a content that may stand among others.

import fs from 'node:fs';

/** `bytes` from `at` on, or all that the file has from there. */
export interface FilePart {
  readonly fd: number;
  readonly at: number;
  readonly bytes: number;
}

/** Fills `into` from `position` of the part on; gives how many bytes it read, 0 at the end. Blocks. */
export function readPart({ fd, at, bytes }: FilePart, into: Uint8Array, position: number): number {
  const length = Math.min(into.length, bytes - position);
  return length > 0 ? fs.readSync(fd, into, 0, length, at + position) : 0;
}
