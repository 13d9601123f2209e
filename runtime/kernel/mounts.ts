// Mounts: the classic calls, and the new ones for idmapped trees.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { callNumbers, checked, libcCalls } from './libc.ts';

const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MS_REMOUNT = 0x20;
const MS_BIND = 0x1000;
const MS_REC = 0x4000;
const MS_PRIVATE = 0x40000;
const MS_STRICTATIME = 0x1000000;
const MNT_DETACH = 2;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_RECURSIVE = 0x8000;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const MOUNT_ATTR_IDMAP = 0x100000n;

/** No mount event crosses this tree's border any more. */
export function makePrivate(target: string): void {
  checked(`make ${target} private`, libcCalls.mount('none', target, null, MS_REC | MS_PRIVATE, null));
}

/**
 * Mounts a /proc that shows the PID namespace of process `pid`, without being in it. False where the kernel cannot (Linux
 * before 6.17 has no `pidns` option): then a program in that namespace has to mount it.
 */
export function mountProcOf(pid: number, target: string): boolean {
  const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  return libcCalls.mount('proc', target, 'proc', flags, `pidns=/proc/${pid}/ns/pid`) === 0;
}

export function bindMount(source: string, target: string): void {
  checked(`bind ${source} to ${target}`, libcCalls.mount(source, target, null, MS_BIND, null));
}

/** Mounts an empty tmpfs in which device nodes work, and set-user-ID programs do not. */
export function mountTmpfs(target: string, options: string): void {
  checked(`mount tmpfs on ${target}`, libcCalls.mount('tmpfs', target, 'tmpfs', MS_NOSUID | MS_STRICTATIME, options));
}

/** Mounts an empty tmpfs of ours alone, for directories that are mounted on. */
export function mountPlaces(target: string): void {
  checked(
    `mount tmpfs on ${target}`,
    libcCalls.mount('tmpfs', target, 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=700,size=4k'),
  );
}

/** Mounts an empty tmpfs for a student's files, in which no device nodes work; `flags` are of mount(2). */
export function mountFileTmpfs(target: string, options: string, flags: { readonly noExec: boolean }): void {
  const all = MS_NODEV | (flags.noExec ? MS_NOEXEC : 0);
  checked(`mount tmpfs on ${target}`, libcCalls.mount('tmpfs', target, 'tmpfs', all, options));
}

/** Nothing in the file system that is mounted on `target` can be changed from here on, through whatever mount of it. */
export function makeReadOnly(target: string): void {
  checked(`make ${target} read-only`, libcCalls.mount('none', target, null, MS_REMOUNT | MS_RDONLY | MS_NOSUID, null));
}

/**
 * Mounts a cgroup v1 hierarchy with one controller. While one that is new is mounted with `favordynmods`, the whole machine
 * moves processes between groups in microseconds. Otherwise the kernel waits until every CPU has passed by, 5 to 20 ms of each
 * `docker run` and `docker exec`, so that a fork is some nanoseconds faster. Linux before 6.0 does not know it.
 */
export function mountCgroupV1(controller: string, target: string): void {
  fs.mkdirSync(target, { recursive: true });
  const mount = (options: string): number =>
    libcCalls.mount('cgroup', target, 'cgroup', MS_NOSUID | MS_NODEV | MS_NOEXEC, options);
  if (mount(`${controller},favordynmods`) !== 0) checked(`mount cgroup ${controller}`, mount(controller));
}

export function detachMount(target: string): void {
  checked(`detach ${target}`, libcCalls.umount2(target, MNT_DETACH));
}

/**
 * Shows the file or directory `source` read-only at `target`. With a user namespace `userns` (an open descriptor) its owners are
 * shifted by that one's map: what root owns in `source` is owned by the namespace's root at `target`. Linux 5.12; 5.19 for
 * shifted owners under overlayfs.
 */
export function mountReadOnly(source: string, target: string, userns: number | null = null): void {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  const tree = checked(`open tree ${source}`, libcCalls.openTree(callNumbers.openTree, AT_FDCWD, source, flags));
  try {
    // struct mount_attr: attr_set, attr_clr, propagation, userns_fd, 64 bits each
    const attributes = Buffer.alloc(32);
    attributes.writeBigUInt64LE(BigInt(MS_RDONLY) | (userns === null ? 0n : MOUNT_ATTR_IDMAP), 0);
    attributes.writeBigUInt64LE(BigInt(userns ?? 0), 24);
    checked(
      `make ${source} read-only`,
      libcCalls.mountSetattr(callNumbers.mountSetattr, tree, '', AT_EMPTY_PATH | AT_RECURSIVE, attributes, 32),
    );
    checked(
      `attach ${source} to ${target}`,
      libcCalls.moveMount(callNumbers.moveMount, tree, '', AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH),
    );
  } finally {
    fs.closeSync(tree);
  }
}

/** Of a path that is seen from the working directory, or absolute. */
export const here = AT_FDCWD;

/** An O_PATH descriptor of the root directory of this thread, whatever is mounted there. */
export function openThreadRoot(): number {
  return checked('open the root directory', libcCalls.openTree(callNumbers.openTree, AT_FDCWD, '/', OPEN_TREE_CLOEXEC));
}

/** Attaches a mount of `cloneTree` to the file or directory that `target` is a descriptor of. */
export function attachMount(mount: number, target: number): void {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  checked('attach a mount', libcCalls.moveMount(callNumbers.moveMount, mount, '', target, '', flags));
}

export interface Overlay {
  /**
   * Directories below `from`, base first: 127 paths from there leave room for `own`, twice, in a data directory of 500 bytes, which is as
   * long as SQLite takes.
   */
  readonly lower: readonly string[];
  readonly from: string;
  /** Has `upper` and `work`. */
  readonly own: string;
  /**
   * Nothing that is written reaches the disk by itself, also not when it is unmounted, for which all that is written to the disk would be
   * waited for: of an overlay that is mounted once, for who brings it there otherwise, or throws it away. Linux 5.10.
   */
  readonly isVolatile?: boolean;
}

/** The kernel takes a page of options, with a NUL at its end, and cuts off the rest. */
const maxOptionBytes = 4095;

/** What is on top first, as paths from `from`. */
function lowerOption({ lower, from }: Pick<Overlay, 'lower' | 'from'>): string {
  const names = lower.map((path) => (path.startsWith(`${from}/`) ? path.slice(from.length + 1) : path));
  return `lowerdir=${names.reverse().join(':')}`;
}

/**
 * The paths in the options are told from the directory `from`, as with Docker's `l`. Only inside `insideNewMountNamespace`, where the
 * working directory is this thread's own. Throws refused, in Docker's words, where the options do not fit.
 */
function mountLayers(options: string, from: string, flags: number, target: string): void {
  if (Buffer.byteLength(options) > maxOptionBytes) throw new EngineError('refused', 'max depth exceeded');
  checked(`enter ${from}`, libcCalls.chdir(from));
  try {
    checked(`mount overlay on ${target}`, libcCalls.mount('overlay', target, 'overlay', flags, options));
  } finally {
    checked('leave it', libcCalls.chdir('/'));
  }
}

/**
 * Mounts an overlay on `target`, an absolute path. `metacopy` and `redirect_dir` stay off: an upper directory must read the same without
 * its lowers.
 */
export function mountOverlay(overlay: Overlay, target: string): void {
  const { from, own, isVolatile } = overlay;
  const more = isVolatile ? ',volatile' : '';
  const options = `${lowerOption(overlay)},upperdir=${own}/upper,workdir=${own}/work${more}`;
  mountLayers(options, from, MS_NODEV, target);
}

/** Mounts the directories of `lower` over one another on `target`: to be read only. There are two of them at least. */
export function mountLowers(lowers: Pick<Overlay, 'lower' | 'from'>, target: string): void {
  mountLayers(lowerOption(lowers), lowers.from, MS_NODEV | MS_RDONLY, target);
}
