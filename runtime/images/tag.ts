// `docker tag`: POST /images/X/tag. The name is this host's only, whatever it says (SECURITY.md B10).

import { EngineError } from '../errors.ts';
import { familiar, referenceOf } from './reference.ts';
import { resolve } from './resolve.ts';
import type { HostView } from './view.ts';

/** Throws notFound for no such image, invalid for a name that cannot be one. Idempotent. */
export function tag(view: HostView, text: string, repository: string, tagName: string): void {
  const { imageId } = resolve(view, text);
  const reference = referenceOf(repository, tagName);
  if (reference.digest !== undefined) {
    throw new EngineError('invalid', 'refusing to create a tag with a digest reference');
  }
  if (!view.own.get(imageId)) view.own.add(imageId);
  view.own.name(reference, imageId);
  view.owner.emit({ action: 'tag', id: imageId, name: familiar(reference) });
}
