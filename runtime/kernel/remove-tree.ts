// Removing a directory that a stranger has filled: with millions of files, or so deep that no path reaches the bottom. The stranger may
// still be at it: a process that has one of the directories open puts a link where a directory was.

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readdir, rmdir, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Entries that are removed from here: what `docker run --rm` of a usual command leaves has about twenty. */
const fewEntries = 500;
/** The size of a directory with so many: two bytes for each of its names' on btrfs, fewer on tmpfs (stat(2), `st_size`). */
const fewBytes = 64 * 1024;

interface Left {
  entries: number;
}

/**
 * False, with some of it removed, where there is more than `left` says. Each directory is opened from the one above, and what is in it
 * is named through that descriptor: no link is followed, whenever it was put there.
 */
async function removeFew(directory: string, left: Left): Promise<boolean> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if ((await handle.stat()).size > fewBytes) return false;
    const held = `/proc/self/fd/${handle.fd}`;
    const entries = await readdir(held, { withFileTypes: true });
    left.entries -= entries.length;
    if (left.entries < 0) return false;
    const files = entries.filter((entry) => !entry.isDirectory());
    await Promise.all(files.map(({ name }) => unlink(`${held}/${name}`)));
    for (const entry of entries)
      if (entry.isDirectory() && !(await removeFew(`${held}/${entry.name}`, left))) return false;
  } finally {
    await handle.close();
  }
  await rmdir(directory);
  return true;
}

/** What removing fails with where somebody else has put something else there, or something more. */
const changedMeanwhile: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EISDIR',
  'ENOTEMPTY',
]);

/**
 * Removes `directory` with everything in it; idempotent. Nobody else may name `directory` itself. Few entries are removed without a
 * program; for more there is rm(1): it goes by descriptors too, keeps no list of a directory, and its work holds up no thread of
 * ours. Throws where somebody fills it as fast as it is emptied.
 */
export async function removeTree(directory: string): Promise<void> {
  try {
    if (await removeFew(directory, { entries: fewEntries })) return;
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && path === directory) return;
    if (!changedMeanwhile.has(code)) throw error;
  }
  await run('rm', ['--recursive', '--force', '--one-file-system', '--', directory]);
}
