// What a subvolume may hold, by btrfs's quota groups (btrfs-qgroup(8)): a limit of its own, and one that it shares with its
// snapshots.

import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import { withDirectory } from './btrfs.ts';
import { checked, libcCalls, SystemCallError } from './libc.ts';

// linux/btrfs.h; every number is 64 bits.
const QGROUP_ASSIGN = 0x40189429n; // _IOW(0x94, 41, struct btrfs_ioctl_qgroup_assign_args): assign, src, dst
const QGROUP_CREATE = 0x4010942an; // _IOW(0x94, 42, struct btrfs_ioctl_qgroup_create_args): create, qgroupid
const QGROUP_LIMIT = 0x8030942bn; // _IOR(0x94, 43, struct btrfs_ioctl_qgroup_limit_args): qgroupid, flags, max_rfer, …
const INO_LOOKUP = 0xd0009412n; // _IOWR(0x94, 18, struct btrfs_ioctl_ino_lookup_args): treeid, objectid, name[4080]
const LIMIT_MAX_REFERENCED = 1n;
const firstFreeObject = 256n;
const groupLevel = 1n;

const run = promisify(execFile);

function words(...values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(value, index * 8);
  return bytes;
}

function limit(directory: string, group: bigint, maxBytes: number): void {
  const wanted = words(group, LIMIT_MAX_REFERENCED, BigInt(maxBytes), 0n, 0n, 0n);
  withDirectory(directory, (fd) => checked(`limit ${directory}`, libcCalls.ioctl(fd, QGROUP_LIMIT, wanted)));
}

/** The subvolume may reference at most `maxBytes` (data and metadata). Idempotent. */
export function limitSubvolume(subvolume: string, maxBytes: number): void {
  limit(subvolume, 0n, maxBytes); // 0 is the subvolume that the descriptor is in
}

/**
 * True where a snapshot can be counted in a group without counting everything anew: since Linux 6.9.
 * An older kernel would say that its numbers are inconsistent; there only the number of snapshots bounds what they hold.
 */
export const countsSnapshots: boolean = (() => {
  const [major = 0, minor = 0] = os.release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 9);
})();

/** `1/NUMBER`, as btrfs(8) writes it. `id` is 12 hex digits. */
export function diskGroupOf(id: string): string {
  return `${groupLevel}/${BigInt(`0x${id}`)}`;
}

function numberOf(group: string): bigint {
  const [level = '', number = ''] = group.split('/');
  return (BigInt(level) << 48n) | BigInt(number);
}

/** A group whose members together may hold at most `maxBytes`, what they share counted once. Idempotent. */
export function createDiskGroup(store: string, group: string, maxBytes: number): void {
  try {
    withDirectory(store, (fd) =>
      checked(`create quota group ${group}`, libcCalls.ioctl(fd, QGROUP_CREATE, words(1n, numberOf(group)))),
    );
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code !== 'EEXIST') throw error;
  }
  limit(store, numberOf(group), maxBytes);
}

/** Counts an empty subvolume in a group; its snapshots are told so when they are made. */
export function joinDiskGroup(subvolume: string, group: string): void {
  const found = Buffer.alloc(4096);
  found.writeBigUInt64LE(firstFreeObject, 8);
  withDirectory(subvolume, (fd) => {
    checked(`look up ${subvolume}`, libcCalls.ioctl(fd, INO_LOOKUP, found));
    const member = words(1n, found.readBigUInt64LE(0), numberOf(group));
    checked(`count ${subvolume} in ${group}`, libcCalls.ioctl(fd, QGROUP_ASSIGN, member));
  });
}

/** Removes the groups that are in none of `kept`. One that still has members, being freed by the kernel, stays until the next time. */
export async function removeDiskGroups(store: string, kept: ReadonlySet<string>): Promise<void> {
  const { stdout } = await run('btrfs', ['qgroup', 'show', '--raw', store]);
  for (const [, group = ''] of stdout.matchAll(/^(1\/\d+)\s/gm)) {
    if (!kept.has(group)) withDirectory(store, (fd) => libcCalls.ioctl(fd, QGROUP_CREATE, words(0n, numberOf(group))));
  }
}
