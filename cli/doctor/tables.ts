// Tables of the kernel that students' hosts share: whether one student can leave the others without a place in them.

import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { smallTables } from '@drydock/runtime';
import type { Settings } from '../settings.ts';
import { type Finding, good, poor } from './finding.ts';

const name = 'kernel tables';

/** `directory` is the machine's /proc/sys. */
export function examineTableSizes(directory = '/proc/sys'): Finding {
  const small = smallTables(directory);
  if (small.length === 0) return good(name, 'large enough, or made so at the start');
  const found = small.map(({ setting }) => setting.replaceAll('/', '.')).join(', ');
  const harm = [...new Set(small.map(({ what }) => what))].join(', ');
  const raise = small.map(({ setting, least }) => `${setting.replaceAll('/', '.')}=${least}`).join(' ');
  return poor(
    name,
    `too small, and not ours to change: ${found}`,
    `One student who takes all can leave the others without ${harm}, for as long as they hold it. On the machine itself: sysctl -w ${raise}`,
  );
}

/** CAP_SYS_RESOURCE of capabilities(7), in a line of /proc/PID/status. */
export function mayLimitOthers(status: string): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 1n;
}

/** crun, or what a setting names; the engine takes runc only where there is no crun. */
function usesCrun({ ociRuntime }: Pick<Settings, 'ociRuntime'>): boolean {
  if (ociRuntime !== null) return path.basename(ociRuntime) === 'crun';
  return ['/usr/local/bin', '/usr/sbin', '/usr/bin'].some((directory) => existsSync(`${directory}/crun`));
}

/** What the kernel counts by user: divided where a host's user namespace can be its own user's (`runtime/kernel/user-namespace.ts`). */
export function examineShares(settings: Pick<Settings, 'ociRuntime'>, status: string): Finding {
  const title = 'shares by user';
  if (usesCrun(settings) || mayLimitOthers(status)) return good(title, 'each host has its own');
  return poor(
    title,
    'root lacks CAP_SYS_RESOURCE, and runc needs it',
    "All hosts have root's share of inotify, timers and POSIX queues together: one student can leave the others without. Install crun, or give Drydock CAP_SYS_RESOURCE.",
  );
}

/**
 * The kernel's reserve of terminals is for the machine's first mount namespace. The engine finds that by a thread of the kernel's, which
 * a container does not see, or else since Linux 6.12 (`runtime/kernel/namespaces.ts`). `second`: what process 2 is called.
 */
export function examineReserve(release: string, second: string): Finding {
  const title = 'terminals';
  const [major = 0, minor = 0] = release.split('.').map(Number);
  if (second === 'kthreadd' || major > 6 || (major === 6 && minor >= 12)) return good(title, 'hosts have their own');
  return poor(
    title,
    `in a container, on Linux ${release}`,
    'One student who takes all terminals can leave the others without. Run Drydock on the machine itself, or on Linux 6.12 or later.',
  );
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
  } catch {
    return '';
  }
}

export function examineTables(settings: Settings): Finding[] {
  return [
    examineTableSizes(),
    examineShares(settings, readFileSync('/proc/self/status', 'latin1')),
    examineReserve(os.release(), nameOf(2)),
  ];
}
