// Ending an exec that nobody waits for any more.

import { processesIn } from '../kernel/cgroups.ts';
import { statOf, statusOf } from '../kernel/process-facts.ts';
import { signal } from '../kernel/processes.ts';
import type { Exec } from './exec.ts';

/** Field of /proc/PID/stat (proc(5)). */
const sessionField = 6;

/**
 * Kills its process and those of its session: what a shell has started goes with the shell. A daemon that has a session of its own
 * stays. Nothing where its process has ended.
 */
export function killExec({ container, pid }: Exec): void {
  const all = processesIn(container.group, true);
  // In the workspace, one level below the machine, as the exec's number is.
  const leader = all.find((each) => statusOf(each)?.pids[1] === pid);
  if (leader === undefined) return;
  const sessionOf = (each: number) => statOf(each)?.at(sessionField);
  const session = sessionOf(leader);
  // The OCI runtime gives each exec a session of its own; the container's is nobody's to end.
  const isApart = session !== undefined && session !== sessionOf(container.state.machinePid);
  const others = isApart ? all.filter((each) => each !== leader && sessionOf(each) === session) : [];
  for (const each of [...others, leader]) signal(each, 'SIGKILL');
}
