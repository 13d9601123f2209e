// Finds the image that a user means: by name, by digest, by ID or by the first digits of one.

import { EngineError } from '../errors.ts';
import type { KnownImage } from './contents.ts';
import { familiar, parseReference, type Reference, withDefaultTag } from './reference.ts';
import type { HostView } from './view.ts';

const fullId = /^(?:sha256:)?([0-9a-f]{64})$/;
const idPrefix = /^(?:sha256:)?([0-9a-f]{1,64})$/;

/**
 * The image that `text` names in this host. A container's image is found by its whole ID also after its last name was removed
 * by force, for the container still starts. Throws notFound, or invalid for what can be no reference.
 */
export function resolve(view: HostView, text: string): KnownImage {
  const found = findImage(view, text);
  if (found) return found;
  const whole = fullId.exec(text)?.[1];
  if (whole !== undefined) throw noSuchImage(`sha256:${whole}`);
  throw noSuchImage(text.startsWith('sha256:') ? text : familiar(withDefaultTag(parseReference(text))));
}

/** The same; undefined for no image. Throws invalid. */
export function findImage(view: HostView, text: string): KnownImage | undefined {
  const whole = fullId.exec(text)?.[1];
  if (whole !== undefined) {
    const id = `sha256:${whole}`;
    const usable = view.own.get(id) || view.owner.usedImages().some((use) => use.imageId === id);
    return usable ? view.contents.get(id) : undefined;
  }
  const named = text.startsWith('sha256:') ? undefined : view.own.find(parseReference(text));
  const id = named ?? byPrefix(view, text);
  return id === undefined ? undefined : view.contents.get(id);
}

/** True where `text` is an ID of this image or the beginning of one, and so no name of it. */
export function isIdOf(imageId: string, text: string): boolean {
  return imageId.startsWith(text) || imageId.slice('sha256:'.length).startsWith(text);
}

/** The 12 digits that Docker shows. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

export function noSuchImage(what: string): EngineError {
  return new EngineError('notFound', `No such image: ${what}`);
}

/** Names have been looked up already. Ambiguous is not found, as in Docker. */
function byPrefix(view: HostView, text: string): string | undefined {
  const digits = idPrefix.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const found = view.own.all().filter((image) => image.imageId.startsWith(`sha256:${digits}`));
  return found.length === 1 ? found[0]?.imageId : undefined;
}

/** A reference for messages: as people write it. */
export function shown(reference: Reference): string {
  return familiar(withDefaultTag(reference));
}
