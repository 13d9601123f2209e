// Tables of the kernel that students' hosts share: whether one student can leave the others without a place in them.

import { existsSync, readFileSync } from 'node:fs';
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

export function examineTables(settings: Settings): Finding[] {
  return [examineTableSizes(), examineShares(settings, readFileSync('/proc/self/status', 'latin1'))];
}
