// `docker image prune`: POST /images/prune. Removes what has no name, or with `dangling=false` what no container uses.

import { type Filters, flagFilter, matchPruneLabels } from '../containers/filters.ts';
import { EngineError } from '../errors.ts';
import type { Pruned, Removed } from './image.ts';
import { familiar } from './reference.ts';
import { layersInUse, remove } from './remove.ts';
import { createdBefore } from './until.ts';
import type { HostView } from './view.ts';

const knownFilters = ['dangling', 'label', 'label!', 'until'];

/** The space is what this host no longer shows, for layers are shared by all hosts. */
export function prune(view: HostView, filters: Filters): Pruned {
  for (const key of filters.keys()) {
    if (!knownFilters.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
  }
  const danglingOnly = flagFilter(filters, 'dangling') ?? true;
  const until = createdBefore(filters);
  const used = new Set(view.owner.usedImages().map((use) => use.imageId));
  const deleted: Removed[] = [];
  const before = layerSizes(view);
  for (const { imageId } of view.own.all()) {
    const known = view.contents.get(imageId);
    if (!known || used.has(imageId)) continue;
    const { image } = known;
    if (!until(image) || !matchPruneLabels(filters, image.config.Labels ?? {})) continue;
    const references = view.own.references(imageId);
    if (references.length > 0 && danglingOnly) continue;
    for (const reference of references.length > 0 ? references : [null]) {
      if (!view.own.get(imageId)) break;
      // A name may be gone with another of its repository already.
      if (reference && view.own.find(reference) !== imageId) continue;
      const options = { force: false, noPrune: false };
      deleted.push(...remove(view, reference ? familiar(reference) : imageId, options));
    }
  }
  const stay = layersInUse(view);
  let reclaimed = 0;
  for (const [diffId, size] of before) if (!stay.has(diffId)) reclaimed += size;
  return { ImagesDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed };
}

/** The layers of the host's images, each once. */
function layerSizes(view: HostView): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { imageId } of view.own.all()) {
    for (const diffId of view.contents.get(imageId)?.diffIds ?? []) sizes.set(diffId, view.contents.layerSize(diffId));
  }
  return sizes;
}
