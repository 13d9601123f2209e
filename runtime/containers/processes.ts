// The processes of a container, by their numbers on the machine, and signals to the first of them.

import { processesIn } from '../kernel/cgroups.ts';
import { signalProcess } from '../kernel/processes.ts';
import type { Container } from './container.ts';

/** Machine PIDs of everything in the container's cgroup: its process, their children, and execs. */
export async function processesOf(container: Container): Promise<number[]> {
  return container.running ? processesIn(container.group, true) : [];
}

/** Sends a signal to the container's first process; false if that has ended. */
export function signalContainer({ state }: Container, name: NodeJS.Signals | number): boolean {
  return signalProcess({ pid: state.machinePid, startTicks: state.startTicks }, name);
}
