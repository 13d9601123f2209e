// Reading a small file below a directory that a student may be changing: no link is followed, nothing blocks.

import fs from 'node:fs';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;

/** Calls `act` with a descriptor of `root`/`relative`, every component opened without following a link; null where that fails. */
function openBeneath<T>(root: string, relative: string, act: (fd: number) => T): T | null {
  const parts = relative.split('/').filter((part) => part !== '');
  if (parts.includes('..') || parts.length === 0) return null;
  let fd = -1;
  try {
    fd = fs.openSync(root, O_RDONLY | O_DIRECTORY); // our own path, and /proc/PID/root is a link
    for (const [index, part] of parts.entries()) {
      const last = index === parts.length - 1;
      const next = fs.openSync(
        `/proc/self/fd/${fd}/${part}`,
        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | (last ? 0 : O_DIRECTORY),
      );
      fs.closeSync(fd);
      fd = next;
    }
    return act(fd);
  } catch {
    return null;
  } finally {
    if (fd >= 0) fs.closeSync(fd);
  }
}

/** The first `maxBytes` of a regular file, as text; null where there is none, or it is no regular file. */
export function readBeneath(root: string, relative: string, maxBytes: number): string | null {
  return openBeneath(root, relative, (fd) => {
    if (!fs.fstatSync(fd).isFile()) return null;
    const bytes = Buffer.alloc(maxBytes);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, maxBytes, 0)).toString('utf8');
  });
}
