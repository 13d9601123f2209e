// `docker rmi`: DELETE /images/X. The order of the rules is moby's (`daemon/images/image_delete.go`): a name is taken away
// first, and the image goes with its last one.

import { EngineError } from '../errors.ts';
import { chainIds } from './contents.ts';
import type { Removed } from './image.ts';
import { canonical, familiar, parseReference, type Reference } from './reference.ts';
import { isIdOf, resolve, shortId } from './resolve.ts';
import type { HostView } from './view.ts';

/** Throws notFound, and conflict where a container uses it or it has several names and `force` is not given. */
export function remove(view: HostView, text: string, options: { force: boolean; noPrune: boolean }): Removed[] {
  const known = resolve(view, text);
  const { imageId } = known;
  const removed: Removed[] = [];
  const references = view.own.references(imageId);
  let byName = false;
  if (!isIdOf(imageId, text)) {
    const user = users(view, imageId)[0];
    if (!options.force && user && isSingle(references)) {
      const what = `unable to remove repository reference "${text}" (must force)`;
      const why = `container ${shortId(user.containerId)} is using its referenced image ${shortId(imageId)}`;
      throw new EngineError('conflict', `conflict: ${what} - ${why}`);
    }
    untag(view, imageId, parseReference(text), removed);
    if (view.own.references(imageId).length > 0) return removed;
    byName = true;
  } else if (isSingle(references)) {
    refuseWhileUsed(view, imageId, options.force);
    for (const reference of references) removed.push(untagOne(view, imageId, reference));
  }
  const conflict = conflictOf(view, imageId, options.force);
  if (conflict) {
    // Its last name is gone, as asked; the container that uses it keeps it.
    if (byName) return removed;
    throw conflict;
  }
  for (const reference of view.own.references(imageId)) removed.push(untagOne(view, imageId, reference));
  view.own.remove(imageId);
  view.owner.emit({ action: 'delete', id: imageId, name: imageId });
  removed.push({ Deleted: imageId });
  const chain = chainIds(known.diffIds);
  const stay = layersInUse(view);
  const gone = chain.filter((_, i) => !stay.has(known.diffIds[i] ?? ''));
  for (const id of gone.reverse()) removed.push({ Deleted: id });
  view.sweep([imageId]);
  return removed;
}

function users(view: HostView, imageId: string): readonly { containerId: string; running: boolean }[] {
  return view.owner.usedImages().filter((use) => use.imageId === imageId);
}

/** Takes the name away, and digests of the same repository when no tag of it is left. */
function untag(view: HostView, imageId: string, reference: Reference, removed: Removed[]): void {
  removed.push(untagOne(view, imageId, reference));
  if (reference.digest !== undefined) return;
  const same = view.own.references(imageId).filter((one) => repository(one) === repository(reference));
  if (same.some((one) => one.digest === undefined)) return;
  for (const one of same) {
    view.own.unname(one);
    removed.push({ Untagged: familiar(one) });
  }
}

function untagOne(view: HostView, imageId: string, reference: Reference): Removed {
  const named = parseReference(canonical(reference));
  view.own.unname(named);
  view.owner.emit({ action: 'untag', id: imageId, name: imageId });
  return { Untagged: familiar(named) };
}

function repository({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/** At most one tag, and all digests of its repository. */
function isSingle(references: readonly Reference[]): boolean {
  if (references.length <= 1) return true;
  const tags = references.filter((reference) => reference.digest === undefined);
  return tags.length <= 1 && new Set(references.map(repository)).size === 1;
}

function refuseWhileUsed(view: HostView, imageId: string, force: boolean): void {
  const conflict = usedConflict(view, imageId, force);
  if (conflict) throw conflict;
}

function conflictOf(view: HostView, imageId: string, force: boolean): EngineError | null {
  const used = usedConflict(view, imageId, true);
  if (used) return used;
  if (!force && view.own.references(imageId).length > 0) {
    return cannot(imageId, 'must be forced', 'image is referenced in multiple repositories');
  }
  return force ? null : usedConflict(view, imageId, false);
}

function usedConflict(view: HostView, imageId: string, force: boolean): EngineError | null {
  const all = users(view, imageId);
  const running = all.find((use) => use.running);
  if (running) {
    return cannot(
      imageId,
      'cannot be forced',
      `image is being used by running container ${shortId(running.containerId)}`,
    );
  }
  const [stopped] = all;
  if (!stopped || force) return null;
  return cannot(imageId, 'must be forced', `image is being used by stopped container ${shortId(stopped.containerId)}`);
}

function cannot(imageId: string, force: string, why: string): EngineError {
  return new EngineError('conflict', `conflict: unable to delete ${shortId(imageId)} (${force}) - ${why}`);
}

/** The layers that the host's images have, those of containers whose image is gone, and those that its builds keep. */
export function layersInUse(view: HostView): Set<string> {
  const images = [...view.own.all(), ...view.owner.usedImages()];
  const ofImages = images.flatMap(({ imageId }) => view.contents.get(imageId)?.diffIds ?? []);
  return new Set([...ofImages, ...view.steps.all().map(({ diffId }) => diffId)]);
}

/** Whether an image of this host has the layer, or the cache of its builds. Others' do not count: a host learns nothing of them. */
export function hostHasLayer(view: HostView, diffId: string): boolean {
  return (
    view.own.all().some(({ imageId }) => view.contents.get(imageId)?.diffIds.includes(diffId)) ||
    view.steps.all().some((step) => step.diffId === diffId)
  );
}
