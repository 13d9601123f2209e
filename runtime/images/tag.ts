// `docker tag`: POST /images/X/tag. The name is known to this host alone, whatever it is (B10).

import { EngineError } from '../errors.ts';
import { familiar, familiarName, parseReference, type Reference, referenceOf } from './reference.ts';
import { resolve } from './resolve.ts';
import type { HostView } from './view.ts';

/** What is to be named, in moby's words where it cannot be (`httputils.RepoTagReference`, `daemon/images.TagImage`). */
export function tagReference(repository: string, tagName: string): Reference {
  if (parseReference(repository).digest !== undefined)
    throw new EngineError('invalid', 'cannot import digest reference');
  if (tagName.includes(':')) throw new EngineError('invalid', 'invalid tag format');
  const reference = referenceOf(repository, tagName);
  // `docker inspect sha256:x` would mean the name and the ID alike.
  if (familiarName(reference) === 'sha256')
    throw new EngineError('invalid', 'refusing to create an ambiguous tag using digest algorithm as name');
  return reference;
}

/** Throws notFound for no such image, invalid for a name that cannot be one. Idempotent. */
export function tag(view: HostView, text: string, repository: string, tagName: string): void {
  const { imageId } = resolve(view, text);
  const reference = tagReference(repository, tagName);
  if (!view.own.get(imageId)) view.own.add(imageId);
  view.own.name(reference, imageId);
  view.owner.emit({ action: 'tag', id: imageId, name: familiar(reference) });
}
