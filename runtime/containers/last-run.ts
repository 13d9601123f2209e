// How a container's last run was started. Docker's API does not tell: `docker create` and `docker run` without -d ask for the
// same container, and only one of the two attaches to it before its start.

import type { ContainerRun } from '../client.ts';
import { never } from './clock.ts';
import type { ContainerHost } from './container.ts';
import { shownContainers } from './shown.ts';

/** How the last run of each container that has run was started. */
export function lastRuns(host: ContainerHost): ContainerRun[] {
  return shownContainers(host)
    .filter(({ state }) => state.startedAt !== never)
    .map(({ id, record }) => ({ id, foreground: record.foreground }));
}
