// How a container's last run was started. Docker's API does not tell: `docker create` and `docker run` without -d ask for the
// same container, and only one of the two attaches to it before its start.

import type { ContainerRun } from '../client.ts';
import type { Host } from '../hosts/host.ts';
import { never } from './clock.ts';
import type { ContainerRecord } from './container.ts';

/** Whether a client was attached when it was started, as far as is known; see `ContainerRecord.foreground`. */
export function lastRunInForeground({
  foreground,
  config,
}: {
  readonly foreground?: boolean;
  readonly config: Pick<ContainerRecord['config'], 'AttachStdout'>;
}): boolean {
  // Of a run that an older engine started, what `docker run` asked for is known, and no more.
  return foreground ?? config.AttachStdout;
}

/** Of every container that has run. */
export function lastRuns(host: Host): ContainerRun[] {
  return [...host.containers.values()]
    .filter(({ state }) => state.startedAt !== never)
    .map(({ id, record }) => ({ id, foreground: lastRunInForeground(record) }));
}
