// Making a directory on a host's own disk, which may be full.

import fs from 'node:fs';

/** mkdir(2); idempotent. Node's recursive one says ENOENT where the disk is full, so what is above must be there. */
export function makeDirectory(path: string, mode: number): void {
  try {
    fs.mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
