// Subvolumes with a hard quota, by btrfs's own ioctls (linux/btrfs.h): no program is started.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { checked, libcCalls } from './libc.ts';

// _IOW(0x94, nr, size) and so on; struct btrfs_ioctl_vol_args is 4096 bytes: s64 fd, char name[4088].
const SUBVOL_CREATE = 0x5000940en;
const SNAP_DESTROY = 0x5000940fn;
const QGROUP_LIMIT = 0x8030942bn; // _IOR(0x94, 43, struct btrfs_ioctl_qgroup_limit_args): 48 bytes
const LIMIT_MAX_REFERENCED = 1n;

const run = promisify(execFile);

function withDirectory<T>(directory: string, act: (fd: number) => T): T {
  const fd = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    return act(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function named(subvolume: string): Buffer {
  const argument = Buffer.alloc(4096);
  argument.write(path.basename(subvolume), 8, 'utf8');
  return argument;
}

/** Creates the subvolume `subvolume`, which may reference at most `maxBytes` (data and metadata). */
export function createSubvolume(subvolume: string, maxBytes: number): void {
  withDirectory(path.dirname(subvolume), (fd) =>
    checked(`create subvolume ${subvolume}`, libcCalls.ioctl(fd, SUBVOL_CREATE, named(subvolume))),
  );
  const limit = Buffer.alloc(48); // qgroupid 0 is the subvolume that the descriptor is in; flags, max_rfer, …
  limit.writeBigUInt64LE(LIMIT_MAX_REFERENCED, 8);
  limit.writeBigUInt64LE(BigInt(maxBytes), 16);
  withDirectory(subvolume, (fd) => checked(`limit ${subvolume}`, libcCalls.ioctl(fd, QGROUP_LIMIT, limit)));
}

/** Removes a subvolume with everything in it; idempotent. The kernel frees the space behind. */
export function deleteSubvolume(subvolume: string): void {
  if (!fs.existsSync(subvolume)) return;
  withDirectory(path.dirname(subvolume), (fd) =>
    checked(`delete subvolume ${subvolume}`, libcCalls.ioctl(fd, SNAP_DESTROY, named(subvolume))),
  );
}

/** Makes a btrfs file system in a new sparse file of `bytes`. */
export async function makeFileSystem(image: string, bytes: number): Promise<void> {
  await fs.promises.writeFile(image, '', { mode: 0o600 });
  await fs.promises.truncate(image, bytes);
  await run('mkfs.btrfs', ['--quiet', '--metadata', 'single', '--data', 'single', image]);
}

/** Mounts the file system in `image` on `target` through a loop device that goes with the mount. Quotas on. */
export async function mountFileSystem(image: string, target: string): Promise<void> {
  await fs.promises.mkdir(target, { recursive: true, mode: 0o700 });
  await run('mount', ['-t', 'btrfs', '-o', 'loop,noatime,discard=async,user_subvol_rm_allowed', image, target]);
  await enableQuotas(target);
}

/** Idempotent. */
export async function enableQuotas(target: string): Promise<void> {
  await run('btrfs', ['quota', 'enable', target]);
}

/** True where `directory` lies on btrfs. */
export async function isBtrfs(directory: string): Promise<boolean> {
  return (await fs.promises.statfs(directory)).type === 0x9123683e;
}

/** `MAJOR:MINOR` of the block device that the file system at the mount point `target` is on; null where there is none. */
export function blockDeviceOf(target: string): string | null {
  const lines = fs.readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  // The longest mount point above `target` holds it; of several at one place the last.
  let best = { length: 0, source: '' };
  for (const line of lines) {
    const [before = '', after = ''] = line.split(' - ');
    const at = before.split(' ')[4] ?? '';
    const holds = target === at || target.startsWith(at === '/' ? '/' : `${at}/`);
    if (holds && at.length >= best.length) best = { length: at.length, source: after.split(' ')[1] ?? '' };
  }
  const { rdev } = fs.statSync(best.source, { throwIfNoEntry: false }) ?? { rdev: 0 };
  // Linux's 64-bit encoding of a device number (glibc `gnu_dev_major`, `gnu_dev_minor`); ours are small.
  return rdev === 0 ? null : `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
}
