// Starts containers together with their host: those that ran when it was stopped, or in the snapshot that it was restored from.

import { joinedIds } from '../containers/joined.ts';
import { linkedIds } from '../containers/links.ts';
import { freeze } from '../containers/pause.ts';
import { startStopped } from '../containers/start.ts';
import type { Host } from './host.ts';
import type { RunningAgain } from './host-record.ts';

/**
 * Starts them all at once, each with its old endpoints and ports. A container that cannot be started stays exited;
 * `docker inspect` shows why.
 */
export async function startContainersAgain(host: Host): Promise<void> {
  const { startAgain: containers } = host.record;
  if (containers.length === 0) return;
  // Every container has its old address before the first of them looks for a free one.
  for (const { id, endpoints } of containers) {
    const container = host.containers.get(id);
    if (container && !container.running) container.save({ endpoints });
  }
  const starts = new Map<string, Promise<void>>();
  // A container that joins a namespace of another one, or is linked to it, can start only when that one runs.
  const start = (again: RunningAgain): Promise<void> => {
    const known = starts.get(again.id);
    if (known) return known;
    const container = host.containers.get(again.id);
    const wanted = container ? [...joinedIds(container.record), ...linkedIds(container.record)] : [];
    const joined = containers.filter(({ id }) => id !== again.id && wanted.includes(id));
    const started = Promise.all(joined.map(start)).then(() => startOne(host, again));
    starts.set(again.id, started);
    return started;
  };
  await Promise.all(containers.map(start));
  host.save({ startAgain: [] });
}

async function startOne(host: Host, again: RunningAgain): Promise<void> {
  const container = host.containers.get(again.id);
  if (!container) return;
  try {
    await container.withLock(async () => {
      if (container.running) return;
      await startStopped(container, again);
      // If it ends now, that is an end like any other: its policy goes on, and --rm holds.
      host.save({ startAgain: host.record.startAgain.filter(({ id }) => id !== again.id) });
      if (again.paused) await freeze(container);
    });
  } catch (error) {
    host.engine.log.warn({ error, host: host.name, container: again.id }, 'a container could not be started again');
  }
}
