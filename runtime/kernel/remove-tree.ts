// Removing a directory that a stranger has filled: with millions of files, or so deep that no path reaches the bottom.

import { execFile } from 'node:child_process';
import type { Dirent } from 'node:fs';
import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Entries that are removed from here: what `docker run --rm` of a usual command leaves has about twenty. */
const fewEntries = 500;
/** The size of a directory with so many: two bytes for each of its names' on btrfs, fewer on tmpfs (stat(2), `st_size`). */
const fewBytes = 64 * 1024;

interface Left {
  entries: number;
}

/** False, with some of it removed, where there is more than `left` says. Follows no link. */
async function removeFew(directory: string, left: Left): Promise<boolean> {
  if ((await lstat(directory)).size > fewBytes) return false;
  const entries = await readdir(directory, { withFileTypes: true });
  left.entries -= entries.length;
  if (left.entries < 0) return false;
  const remove = async (entry: Dirent): Promise<boolean> => {
    const place = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return await removeFew(place, left);
    await unlink(place);
    return true;
  };
  const removed = await Promise.all(entries.map(remove));
  if (removed.includes(false)) return false;
  await rmdir(directory);
  return true;
}

/**
 * Removes `directory` with everything in it; idempotent. Nobody else may write to it meanwhile. Few entries are removed without
 * a program; for more, and for what has too long a path, there is rm(1): it goes by descriptors, keeps no list of a directory,
 * and its work holds up no thread of ours.
 */
export async function removeTree(directory: string): Promise<void> {
  try {
    if (await removeFew(directory, { entries: fewEntries })) return;
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && path === directory) return;
    if (code !== 'ENAMETOOLONG') throw error;
  }
  await run('rm', ['--recursive', '--force', '--one-file-system', '--', directory]);
}
