// docker container prune: removes what does not run.

import { EngineError } from '../errors.ts';
import type { ContainerHost } from './container.ts';
import { type Filters, matchPruneLabels } from './filters.ts';
import { removeContainer } from './remove.ts';
import { shownContainers } from './shown.ts';
import { sizesOf } from './sizes.ts';
import { untilMs } from './timestamps.ts';

export const pruneFilterKeys = ['label', 'label!', 'until'];

/** Removes the stopped containers that the filters choose. Returns the body of `POST /containers/prune`. */
export async function pruneContainers(host: ContainerHost, filters: Filters): Promise<object> {
  const until = filters.get('until')?.map(untilMs) ?? [];
  if (until.length > 1) throw new EngineError('invalid', 'more than one until filter specified');
  const before = until[0] ?? Number.POSITIVE_INFINITY;
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const container of shownContainers(host)) {
    if (container.active || container.state.status === 'removing') continue;
    if (Date.parse(container.record.created) > before) continue;
    if (!matchPruneLabels(filters, container.record.config.Labels)) continue;
    const { SizeRw = 0 } = await sizesOf(container);
    try {
      await removeContainer(container, { force: false, volumes: false });
    } catch (error) {
      // It was started meanwhile, so it stays.
      if (error instanceof EngineError && error.kind === 'conflict') continue;
      throw error;
    }
    deleted.push(container.id);
    reclaimed += SizeRw;
  }
  host.events.emit('container', 'prune', '', { reclaimed: String(reclaimed) });
  return { ContainersDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed };
}
