// The files that a process sees, opened from outside by descriptors: each path is resolved in one step (openat2), as that process
// would, mounts included, and no link leads out. Nothing here is opened to be read or written.

import fs from 'node:fs';
import { constants } from 'node:os';
import { openBeneath, openInView, pathOf } from './beneath.ts';
import { SystemCallError } from './libc.ts';
import { isAlive, type KnownProcess } from './processes.ts';

const O_PATH = 0o10000000;

/** statfs(2), `f_type`: file systems of plain files, in which a directory is nothing but that. */
const plainFileSystems: ReadonlySet<number> = new Set([
  0x794c7630 /* overlay */, 0x9123683e /* btrfs */, 0x01021994 /* tmpfs */,
]);
/** And those of the kernel, parts of which may be hidden by what is mounted below. */
const kernelFileSystems: ReadonlySet<number> = new Set([0x9fa0 /* proc */, 0x62656572 /* sysfs */]);

export class View implements Disposable {
  readonly #root: number;

  /** What `process` sees. Throws SystemCallError ESRCH where it has ended. */
  constructor({ pid, startTicks }: KnownProcess) {
    this.#root = fs.openSync(`/proc/${pid}/root`, O_PATH | fs.constants.O_DIRECTORY);
    // Looked at once its root is open: the number may have gone to another process, of the machine perhaps.
    if (isAlive(pid, startTicks)) return;
    this[Symbol.dispose]();
    throw new SystemCallError('look at the files of a process', constants.errno.ESRCH);
  }

  /** An O_PATH descriptor, which the caller closes. Throws SystemCallError: ENOENT, ENOTDIR, ELOOP. */
  open(path: string): number {
    return openInView(this.#root, path);
  }

  /**
   * The same; where there is nothing, makes a directory, with those above it, as mkdir(1) `--parents` does: `owner`'s, with mode 755.
   * Throws SystemCallError, and what Node's fs throws for mkdir(2).
   */
  openOrMake(path: string, owner: number): number {
    try {
      return this.open(path);
    } catch (error) {
      if (!(error instanceof SystemCallError) || error.code !== 'ENOENT') throw error;
    }
    const parts = path.split('/').filter((part) => part !== '');
    let above = this.open('/');
    for (const [index, part] of parts.entries()) {
      let next: number;
      try {
        next = this.#openOrMakeOne(above, part, parts.slice(0, index + 1).join('/'), owner);
      } finally {
        fs.closeSync(above);
      }
      above = next;
    }
    return above;
  }

  #openOrMakeOne(above: number, name: string, path: string, owner: number): number {
    try {
      return this.open(path);
    } catch (error) {
      if (!(error instanceof SystemCallError) || error.code !== 'ENOENT') throw error;
    }
    if (!plainFileSystems.has(fileSystemOf(above))) throw new SystemCallError(`mkdir /${path}`, constants.errno.EPERM);
    fs.mkdirSync(`${pathOf(above)}/${name}`, { mode: 0o755 });
    const made = openBeneath(above, name);
    // Whatever has been put in its place meanwhile belongs to a student: only what we made is root's of the machine.
    const { uid } = fs.fstatSync(made);
    if (uid === 0) fs.chownSync(pathOf(made), owner, owner);
    return made;
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#root);
  }
}

function fileSystemOf(fd: number): number {
  return fs.statfsSync(pathOf(fd)).type;
}

/** Whether the open file `fd` is of a file system in which a directory or file is nothing but that. */
export function isPlain(fd: number): boolean {
  return plainFileSystems.has(fileSystemOf(fd));
}

/** Whether the open file `fd` is of a file system in which a mount may hide what is below it for a reason: /proc, /sys. */
export function isOfKernel(fd: number): boolean {
  return kernelFileSystems.has(fileSystemOf(fd));
}
