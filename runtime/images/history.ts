// `docker history`: GET /images/X/history. Newest first.

import { resolve } from './resolve.ts';
import type { HostView } from './view.ts';

export function history(view: HostView, text: string): object[] {
  const known = resolve(view, text);
  const layers = [...known.diffIds];
  const steps = view.contents.history(known.imageId).map((step) => ({
    Comment: step.comment,
    Created: Math.floor(Date.parse(step.created ?? '') / 1000) || 0,
    CreatedBy: step.created_by,
    // Steps below the last one are no images of their own.
    Id: '<missing>',
    // A configuration may tell of more steps than it has layers.
    Size: step.empty_layer || layers.length === 0 ? 0 : view.contents.layerSize(layers.shift() ?? ''),
    Tags: null,
  }));
  // A configuration need not tell of its layers.
  const untold = layers.map((diffId) => ({
    Comment: '',
    Created: 0,
    CreatedBy: '',
    Id: '<missing>',
    Size: view.contents.layerSize(diffId),
    Tags: null,
  }));
  // As moby has it: each further step is the parent's own, as far as the parents are known.
  let imageId: string | null = known.imageId;
  return [...steps, ...untold].reverse().map((step) => {
    if (imageId === null) return step;
    const tags = view.own.tags(imageId);
    const named = { ...step, Id: imageId, Tags: tags.length > 0 ? tags : null };
    const parentId: string | null = view.own.get(imageId)?.parentId ?? null;
    imageId = parentId !== null && view.own.get(parentId) ? parentId : null;
    return named;
  });
}
