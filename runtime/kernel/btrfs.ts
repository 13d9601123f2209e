// Subvolumes: made and deleted by btrfs's own ioctls (linux/btrfs.h), copied by btrfs(8); and the file system that holds them.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { EngineError } from '../errors.ts';
import { checked, ioctlAside, libcCalls } from './libc.ts';
import { start } from './spawn.ts';
import { tailOf } from './tail-of.ts';

// _IOW(0x94, nr, size) and so on; struct btrfs_ioctl_vol_args is 4096 bytes: s64 fd, char name[4088].
const SUBVOL_CREATE = 0x5000940en;
const SNAP_DESTROY = 0x5000940fn;
const FS_INFO = 0x8400941fn;
const START_SYNC = 0x80089418n; // _IOR(0x94, 24, __u64): gives the transaction, which nobody waits for

const run = promisify(execFile);

/** Calls `act` with a descriptor of `directory`. */
export function withDirectory<T>(directory: string, act: (fd: number) => T): T {
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

/** Creates an empty subvolume, with no limit yet: `kernel/quotas.ts`. */
export function createSubvolume(subvolume: string): void {
  withDirectory(path.dirname(subvolume), (fd) =>
    checked(`create subvolume ${subvolume}`, libcCalls.ioctl(fd, SUBVOL_CREATE, named(subvolume))),
  );
}

/**
 * Makes `target` what the subvolume `source` is at one moment; what is written to either later is its own. `group` is where
 * `source` counts (`joinDiskGroup`), and `target` too from the start. By btrfs(8): the kernel first writes out what is in memory,
 * and a call of ours would hold the whole engine up for so long. It holds a shared lock on `lock`, for it goes on where the
 * engine is killed: who looks afterwards for copies that nobody knows takes that lock first. Throws noSpace, internal.
 */
export async function snapshotSubvolume(
  source: string,
  target: string,
  options: { readonly readonly: boolean; readonly group: string | null; readonly lock: string },
): Promise<void> {
  const flags = [...(options.readonly ? ['-r'] : []), ...(options.group === null ? [] : ['-i', options.group])];
  const locked = ['flock', '--shared', '--no-fork', options.lock];
  const copy = ['btrfs', '--quiet', 'subvolume', 'snapshot', ...flags, '--', source, target];
  const program = start([...locked, ...copy], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = (await tailOf(program.pipe(2))).trim();
  const status = await program.exited;
  if (status === 0) return;
  if (/quota|space/i.test(said)) throw new EngineError('noSpace', `there is no room for a snapshot: ${said}`);
  throw new EngineError('internal', `snapshot ${source}: ${said || `btrfs ended with ${status}`}`);
}

/**
 * Removes a subvolume with everything in it; idempotent. The kernel frees the space behind, and begins with it at once. What is in
 * memory of its files goes before this resolves, which takes it 200 ms for a gigabyte: aside, or the whole engine would stand.
 */
export async function deleteSubvolume(subvolume: string): Promise<void> {
  if (!fs.existsSync(subvolume)) return;
  const parent = await fs.promises.open(path.dirname(subvolume), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    await ioctlAside(`delete subvolume ${subvolume}`, parent.fd, SNAP_DESTROY, named(subvolume));
    // It would begin with its next commit, up to 30 s later, and the space counts against the host's quota until then.
    checked('start a commit', libcCalls.ioctl(parent.fd, START_SYNC, Buffer.alloc(8)));
  } finally {
    await parent.close();
  }
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

/**
 * Idempotent. Has the kernel count anew where it does not trust its count, as after a tool that wrote to an unmounted store:
 * until then it holds nobody to a limit.
 */
export async function enableQuotas(target: string): Promise<void> {
  await run('btrfs', ['quota', 'enable', target]);
  if (isMiscounted(target)) await run('btrfs', ['quota', 'rescan', '-w', target]);
}

/** `inconsistent` is there since Linux 5.9. */
function isMiscounted(target: string): boolean {
  const file = `/sys/fs/btrfs/${fileSystemId(target)}/qgroups/inconsistent`;
  return fs.existsSync(file) && fs.readFileSync(file, 'utf8').trim() !== '0';
}

/** The file system's UUID, as /sys/fs/btrfs names it. linux/btrfs.h, struct btrfs_ioctl_fs_info_args. */
function fileSystemId(target: string): string {
  const info = Buffer.alloc(1024);
  withDirectory(target, (fd) => checked(`ask what ${target} is`, libcCalls.ioctl(fd, FS_INFO, info)));
  return info.toString('hex', 16, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
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
