// Which processes the kernel spares when the machine's memory is short.

import { writeFileSync } from 'node:fs';

/**
 * proc(5), `oom_score_adj`, of engine and server: as if they used half of the machine's memory less than they do. Students'
 * processes have 100 at least (`leastOomScore` in runtime/limits.ts). Not -1000: an engine that leaks must be ended some day.
 */
export const sparedScore = -500;

/** False where this root may not (no CAP_SYS_RESOURCE, as in a container): they keep 0, which is below every student's, too. */
export function spare(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(sparedScore));
    return true;
  } catch {
    return false; // or it has ended already, which its `exit` tells
  }
}
