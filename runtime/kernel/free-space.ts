// How much can still be written to a file system.

import fs from 'node:fs';

/** Bytes that are free for everybody on the file system of `path`; statfs(2). Throws where the path is not there. */
export function freeBytesOf(path: string): number {
  const { bavail, bsize } = fs.statfsSync(path);
  return bavail * bsize;
}
