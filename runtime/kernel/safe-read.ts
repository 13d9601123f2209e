// Reading a small file below a directory that a student may be changing: nothing outside is reached, nothing blocks.

import fs from 'node:fs';
import { openInRoot, pathOf } from './beneath.ts';

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

/** Calls `act` with a descriptor of the regular file that `root`/`relative` leads to by links inside `root`; null where that fails. */
function openLinked<T>(root: string, relative: string, act: (fd: number) => T): T | null {
  const held: number[] = [];
  const hold = (fd: number): number => {
    held.push(fd);
    return fd;
  };
  try {
    const place = hold(openInRoot(hold(fs.openSync(root, O_RDONLY | O_DIRECTORY)), relative));
    if (!fs.fstatSync(place).isFile()) return null; // opening a FIFO could block, and opening a device does something
    return act(hold(fs.openSync(pathOf(place), O_RDONLY | O_NONBLOCK)));
  } catch {
    return null;
  } finally {
    for (const fd of held) fs.closeSync(fd);
  }
}

/**
 * The first `maxBytes` of a regular file, as text; null where there is none, or it is no regular file. Where a link is on the
 * way, as in images of Nix, it is followed as a process of the container would, but not out of the root's own file system.
 */
export function readBeneath(root: string, relative: string, maxBytes: number): string | null {
  const read = (fd: number): string | null => {
    if (!fs.fstatSync(fd).isFile()) return null;
    const bytes = Buffer.alloc(maxBytes);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, maxBytes, 0)).toString('utf8');
  };
  return openBeneath(root, relative, read) ?? openLinked(root, relative, read);
}
