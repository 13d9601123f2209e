// The STATUS column of `docker ps`: `Up 3 seconds`, `Exited (0) 2 minutes ago`.

import type { ContainerState } from './container-record.ts';
import { humanDuration } from './duration.ts';
import type { Health } from './health.ts';

const never = '0001-01-01T00:00:00Z';

function healthInWords(health: Health | null): string {
  if (!health) return '';
  return health.Status === 'starting' ? ' (health: starting)' : ` (${health.Status})`;
}

/** A container's state in words, as of `now` (milliseconds since 1970). */
export function statusInWords(state: ContainerState, now: number): string {
  const since = (moment: string) => humanDuration(Math.max(0, now - Date.parse(moment)));
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}${healthInWords(state.health)}`;
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      if (state.startedAt === never && state.finishedAt === never) return 'Created';
      return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
  }
}
