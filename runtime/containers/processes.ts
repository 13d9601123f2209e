// The processes of a container, as the machine numbers them.

import { processesIn } from '../kernel/cgroups.ts';
import type { Container } from './container.ts';

/** Machine PIDs of everything in the container's cgroup: its process, their children, and execs. */
export async function processesOf(container: Container): Promise<number[]> {
  return container.running ? processesIn(container.group, true) : [];
}
