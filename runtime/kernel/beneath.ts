// Opening and renaming below a directory that a student may be changing, with the student's own rights: the kernel resolves
// each path in one step (openat2), so nothing can be swapped for a link between a look and its use.

import { constants } from 'node:fs';
import { callNumbers, checked, libcCalls, SystemCallError } from './libc.ts';

const { O_DIRECTORY, O_NOFOLLOW } = constants;
const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_IN_ROOT = 0x10;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const RENAME_NOREPLACE = 1;

/**
 * An O_PATH descriptor of `path` below the directory `directory`, which the caller closes. Opens nothing that could block or
 * notice. Throws SystemCallError: ELOOP where a link is on the way or at the end, EXDEV where it leaves the file system.
 */
export function openBeneath(directory: number, path: string): number {
  return open(directory, path, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

/** The same with links followed that stay below `directory`: EXDEV where one is absolute or leads out. */
export function openWithin(directory: number, path: string): number {
  return open(directory, path, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

/**
 * The same with links followed, each as if `directory` were the root of all files: none leads out of it, nor into another file
 * system such as a container's /proc.
 */
export function openInRoot(directory: number, path: string): number {
  return open(directory, path, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

/** How often a path is resolved anew that changed meanwhile. */
const maxTries = 64;

/**
 * The same, into all that is mounted there: what a process sees whose root is `directory`. With `linkItself` a link at the end is
 * opened, not followed. Links that lead from /proc into another process (`/proc/PID/root`) are not followed: ELOOP.
 */
export function openInView(directory: number, path: string, { linkItself = false } = {}): number {
  return openMoving(directory, path, RESOLVE_IN_ROOT, linkItself ? O_NOFOLLOW : 0);
}

/** The same, links followed that stay below `directory`: EXDEV where one is absolute or leads out. */
export function openBelowInView(directory: number, path: string): number {
  return openMoving(directory, path, RESOLVE_BENEATH, 0);
}

function openMoving(directory: number, path: string, resolve: number, flags: number): number {
  for (let tries = 1; ; tries++) {
    try {
      return open(directory, path, resolve | RESOLVE_NO_MAGICLINKS, flags);
    } catch (error) {
      // openat2(2): something was renamed or mounted while the kernel went up by `..`.
      if (!(error instanceof SystemCallError) || error.code !== 'EAGAIN' || tries === maxTries) throw error;
    }
  }
}

/** The directory `path` (bytes) below `root`, also one that is mounted there. Throws SystemCallError ELOOP where a link is on the way. */
export function openDirectory(root: number, path: Uint8Array): number {
  const how = howTo(O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  const named = Buffer.concat([path.length === 0 ? Buffer.from('.') : path, Buffer.alloc(1)]);
  return checked('openat2', libcCalls.openat2Bytes(callNumbers.openat2, root, named, how, how.length));
}

/** struct open_how: flags, mode, resolve. */
function howTo(flags: number, resolve: number): Buffer {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(O_PATH | O_CLOEXEC | flags), 0);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  return how;
}

function open(directory: number, path: string, resolve: number, flags = 0): number {
  const how = howTo(flags, resolve);
  return checked('openat2', libcCalls.openat2(callNumbers.openat2, directory, path, how, how.length));
}

/** The file that `fd` of `openBeneath` stands for, as a path for Node's fs. Followed by `/NAME`, the last part is not followed. */
export function pathOf(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** Renames an entry of one directory into another; throws SystemCallError EEXIST where something is there. No link is followed. */
export function renameInto(from: number, name: string, to: number, newName: string): void {
  checked('renameat2', libcCalls.renameat2(from, name, to, newName, RENAME_NOREPLACE));
}

/**
 * Calls `act` while this thread's file system rights are those of `uid` and `gid` (setfsuid(2)): root's are gone meanwhile.
 * `act` must not await.
 */
export function withRightsOf<T>(uid: number, gid: number, act: () => T): T {
  const before = { gid: libcCalls.setfsgid(gid), uid: libcCalls.setfsuid(uid) };
  try {
    // It gives no error, only who one was: asking once more tells whether it took.
    if (libcCalls.setfsuid(uid) !== uid || libcCalls.setfsgid(gid) !== gid)
      throw new Error(`set file system rights: ${uid}:${gid} was not taken`);
    return act();
  } finally {
    libcCalls.setfsuid(before.uid);
    libcCalls.setfsgid(before.gid);
  }
}
