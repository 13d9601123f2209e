// What is mounted where, in this process's mount namespace.

import { readFileSync } from 'node:fs';

export interface MountPoint {
  readonly path: string;
  /** `btrfs`, `overlay`, `nsfs` … */
  readonly type: string;
  /** The part of the file system that is mounted here; for nsfs the namespace: `mnt:[4026531840]`. */
  readonly root: string;
  readonly source: string;
  /** Of the file system, not of this mount: `rw`, `nsdelegate` … */
  readonly options: readonly string[];
}

/** /proc/self/mountinfo writes space, tab, newline and backslash as octal. */
const unescapeOctal = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));

/** The mount points of the process `of`, in the order they were mounted. proc_pid_mountinfo(5). */
export function mountPoints(of: number | 'self' = 'self'): MountPoint[] {
  return readFileSync(`/proc/${of}/mountinfo`, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const fields = before.split(' ');
      const [type = '', source = '', options = ''] = after.split(' ');
      return {
        path: unescapeOctal(fields[4] ?? ''),
        root: unescapeOctal(fields[3] ?? ''),
        type,
        source: unescapeOctal(source),
        options: options.split(','),
      };
    });
}

/** What is mounted last, and so seen, at exactly this path. */
export function mountedAt(path: string): MountPoint | null {
  return mountPoints().findLast((mount) => mount.path === path) ?? null;
}
