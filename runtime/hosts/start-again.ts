// Starting, with a host, the containers that ran when it was stored, or when the snapshot was taken that it is made from.

import { joinedId } from '../containers/joined.ts';
import { freeze } from '../containers/pause.ts';
import { run } from '../containers/start.ts';
import type { Host } from './host.ts';
import type { RunningAgain } from './host-record.ts';

/** All at once, each where it was. One that cannot run stays ended, and says why as `docker inspect` shows it. */
export async function startAgain(host: Host): Promise<void> {
  const { startAgain: containers } = host.record;
  if (containers.length === 0) return;
  // Each has its place before the first of them looks for a free one.
  for (const { id, endpoints } of containers) {
    const container = host.containers.get(id);
    if (container && !container.running) container.save({ endpoints });
  }
  const starts = new Map<string, Promise<void>>();
  // One that joins another's network can start only once that one runs.
  const start = (again: RunningAgain): Promise<void> => {
    const known = starts.get(again.id);
    if (known) return known;
    const container = host.containers.get(again.id);
    const joined = containers.find(({ id }) => container && id === joinedId(container.record));
    const started = (joined ? start(joined) : Promise.resolve()).then(() => startOne(host, again));
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
      await run(container, again);
      if (again.paused) await freeze(container);
    });
  } catch (error) {
    host.engine.log.warn({ error, host: host.name, container: again.id }, 'a container could not be started again');
  }
}
