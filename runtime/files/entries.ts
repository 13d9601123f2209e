// What is in a folder, and what is told of each entry.

import fs, { type BigIntStats } from 'node:fs';
import type { HostFile } from '../client-files.ts';
import { pathOf } from '../kernel/beneath.ts';

/** Of a file that is written anew, at least one of these changes; all three cost one call. */
export function versionOf({ mtimeNs, size, ino }: BigIntStats): string {
  return `${mtimeNs.toString(36)}-${size.toString(36)}-${ino.toString(36)}`;
}

export function typeOf(stats: BigIntStats): HostFile['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

/** Null where there is nothing, or nothing any more. Follows no link at the end. */
export function look(path: string): BigIntStats | null {
  return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
}

/** The names in the folder `fd`, at most `most`, one by one: a folder may have a million. */
export function* namesIn(fd: number, most: number): Generator<string> {
  const folder = fs.opendirSync(pathOf(fd), { bufferSize: Math.min(most, 1024) });
  try {
    for (let count = 0; count < most; count++) {
      const entry = folder.readSync();
      if (entry === null) return;
      yield entry.name;
    }
  } finally {
    folder.closeSync();
  }
}
