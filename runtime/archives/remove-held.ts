// Removes what is in the way of something that is written: by descriptors, in a directory that a container may be changing. Blocks: for
// worker threads.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { pathOf } from '../kernel/beneath.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = fs.constants;

interface Removal {
  /** How many directories may be below one another. */
  readonly depth: number;
  /** Called with each directory that is to be emptied; throws where it is not to be. */
  readonly check: (fd: number) => void;
}

/** Removes what is at `path`, whose last part is not followed, nor any link below: each directory is held while it is emptied. */
export function removeHeld(path: string | Buffer, isDirectory: boolean, removal: Removal): void {
  if (!isDirectory) {
    fs.unlinkSync(path);
    return;
  }
  if (removal.depth === 0)
    throw new EngineError('tooLarge', 'the directory in its place is too deep to be replaced; remove it first');
  const fd = fs.openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const entries = fs.readdirSync(pathOf(fd), { encoding: 'latin1', withFileTypes: true });
    if (entries.length > 0) removal.check(fd);
    for (const entry of entries) removeEntry(fd, entry.name, removal);
  } finally {
    fs.closeSync(fd);
  }
  fs.rmdirSync(path);
}

function removeEntry(directory: number, name: string, { depth, check }: Removal): void {
  const place = Buffer.from(`${pathOf(directory)}/${name}`, 'latin1');
  const stats = fs.lstatSync(place, { throwIfNoEntry: false });
  if (stats) removeHeld(place, stats.isDirectory(), { depth: depth - 1, check });
}
