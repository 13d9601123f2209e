// Mounts by descriptor (open_tree(2), mount_setattr(2), move_mount(2)): what a path led to once is what is mounted, whatever
// becomes of the path.

import { callNumbers, checked, libcCalls } from './libc.ts';

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOUNT_ATTR_RDONLY = 1n;
const MOUNT_ATTR_NODEV = 4n;
const MS_PRIVATE = 0x40000n;

/**
 * A descriptor of a copy of the mount that the open file `fd` is in, from that file on down, which is mounted nowhere yet. The caller
 * closes it. This thread must be in the mount namespace of that mount. Throws SystemCallError.
 */
export function cloneTree(fd: number, { recursive }: { readonly recursive: boolean }): number {
  const flags = AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
  return checked('copy a mount', libcCalls.openTree(callNumbers.openTree, fd, '', flags));
}

export interface TreeLimits {
  /** `top` leaves what is mounted below as it is. */
  readonly readOnly: 'no' | 'top' | 'all';
  /** Device nodes in it do not work. */
  readonly noDevices: boolean;
}

/** Sets what a copied mount allows, and lets no mount event pass between it and what it was copied from. */
export function limitTree(tree: number, { readOnly, noDevices }: TreeLimits): void {
  const set = (attributes: bigint, propagation: bigint, flags: number): void => {
    // struct mount_attr: attr_set, attr_clr, propagation, userns_fd, 64 bits each
    const wanted = Buffer.alloc(32);
    wanted.writeBigUInt64LE(attributes, 0);
    wanted.writeBigUInt64LE(propagation, 16);
    const result = libcCalls.mountSetattr(callNumbers.mountSetattr, tree, '', AT_EMPTY_PATH | flags, wanted, 32);
    checked('limit a mount', result);
  };
  const all = (readOnly === 'all' ? MOUNT_ATTR_RDONLY : 0n) | (noDevices ? MOUNT_ATTR_NODEV : 0n);
  set(all, MS_PRIVATE, AT_RECURSIVE);
  if (readOnly === 'top') set(MOUNT_ATTR_RDONLY, 0n, 0);
}

/** Mounts what `cloneTree` gave on `target`, of this thread's mount namespace. */
export function attachTree(tree: number, target: string): void {
  const moved = libcCalls.moveMount(callNumbers.moveMount, tree, '', AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
  checked(`attach a mount to ${target}`, moved);
}
