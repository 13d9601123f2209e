// docker container prune: removes what does not run.

import { EngineError } from '../errors.ts';
import type { ContainerHost } from './container.ts';
import { type Filters, matchPruneLabels } from './filters.ts';
import { removeContainer } from './remove.ts';
import { sizesOf } from './sizes.ts';
import { parseMoment } from './timestamps.ts';

export const pruneFilterKeys = ['label', 'label!', 'until'];

/** A moment, or how long ago: `24h`, `1h30m`, `10s`. Milliseconds since 1970. */
function untilMs(text: string): number {
  const duration = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?$/.exec(text);
  if (duration && text !== '') {
    const [hours, minutes, seconds] = duration.slice(1).map((part) => Number(part ?? 0));
    return Date.now() - (((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
  }
  const moment = parseMoment('until', text);
  return moment === null ? Date.now() : Number(moment / 1_000_000n);
}

/** Removes the stopped containers that the filters let go. The body of `POST /containers/prune`. */
export async function pruneContainers(host: ContainerHost, filters: Filters): Promise<object> {
  const until = filters.get('until')?.map(untilMs) ?? [];
  if (until.length > 1) throw new EngineError('invalid', 'more than one until filter specified');
  const before = until[0] ?? Number.POSITIVE_INFINITY;
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const container of [...host.containers.values()]) {
    if (container.running || container.state.status === 'removing') continue;
    if (Date.parse(container.record.created) > before) continue;
    if (!matchPruneLabels(filters, container.record.config.Labels)) continue;
    const { SizeRw = 0 } = await sizesOf(container);
    try {
      await removeContainer(container, { force: false, volumes: false });
    } catch (error) {
      // Started meanwhile: then it is no candidate any more.
      if (error instanceof EngineError && error.kind === 'conflict') continue;
      throw error;
    }
    deleted.push(container.id);
    reclaimed += SizeRw;
  }
  host.events.emit('container', 'prune', '', { reclaimed: String(reclaimed) });
  return { ContainersDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed };
}
