// Where an image is that a host pulls: of Docker Hub's names and the hub's official ones the catalogue has some, with the cable out; all
// others are asked of their registry.

import { EngineError } from '../errors.ts';
import { type Credentials, nobody } from '../registries/credentials.ts';
import { hubHost } from '../registries/docker-hub.ts';
import { mayFind } from '../registries/names.ts';
import { isUnreachable } from '../registries/thread.ts';
import { familiar, familiarName, type Reference } from './reference.ts';
import { isNear } from './registry-session.ts';
import type { HostView } from './view.ts';

/** A name that is pulled, and the image of the catalogue that has it. */
export interface Wanted {
  readonly reference: Reference;
  readonly name: string;
}

export type Place =
  | { readonly kind: 'catalogue'; readonly wanted: readonly Wanted[] }
  /** `otherwise` is to be thrown where the registry cannot be reached; null for what it says itself. */
  | { readonly kind: 'registry'; readonly otherwise: unknown };

/** Throws notFound where the catalogue has no such image, and there is no way to Docker Hub. */
export function placeOf(
  view: HostView,
  reference: Reference,
  everyTag: boolean,
  credentials: Credentials = nobody,
): Place {
  const isHub = reference.domain === view.near?.domain;
  if (isHub && view.near.officialName(reference.path) !== null)
    return { kind: 'catalogue', wanted: wantedOf(view, reference, everyTag) };
  if (reference.domain !== 'docker.io' && nameInCatalogue(view, reference) === null)
    return { kind: 'registry', otherwise: null };
  try {
    return { kind: 'catalogue', wanted: wantedOf(view, reference, everyTag) };
  } catch (error) {
    const { proxy, namesDirectory } = view.owner.reach();
    if (!isNear(view, reference, 'pull', credentials) && !proxy && !mayFind(namesDirectory, hubHost)) throw error;
    return { kind: 'registry', otherwise: error };
  }
}

/** What `ask` asks a registry for. */
export async function reachedOr<T>(
  { otherwise }: Extract<Place, { kind: 'registry' }>,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw otherwise !== null && isUnreachable(error) ? otherwise : error;
  }
}

/** Throws notFound. */
function wantedOf(view: HostView, reference: Reference, everyTag: boolean): Wanted[] {
  const references = everyTag ? tagsInCatalogue(view, reference) : [reference];
  return references.map((one) => ({ reference: one, name: findInCatalogue(view, one) }));
}

/** The reference itself where the repository is not known: looking it up says why. */
function tagsInCatalogue(view: HostView, reference: Reference): Reference[] {
  const { domain, path } = reference;
  const tags = view.catalogue.tags(nameInCatalogue(view, reference) ?? '');
  return tags.length === 0 ? [reference] : tags.map((tag) => ({ domain, path, tag }));
}

function findInCatalogue(view: HostView, reference: Reference): string {
  const name = nameInCatalogue(view, reference);
  const found =
    name === null
      ? 'no repository'
      : view.catalogue.find(
          name,
          reference.digest === undefined ? { tag: reference.tag ?? 'latest' } : { digest: reference.digest },
        );
  if (found === 'no repository') {
    throw new EngineError(
      'notFound',
      `there is no image ${familiarName(reference)} in the catalogue, and this Docker host has no way to Docker Hub; the catalogue has ${view.catalogue.repositories().join(', ')}`,
    );
  }
  if (found === 'no tag') throw unknownManifest(view, reference);
  return found.name;
}

/**
 * Of Docker Hub's names those of official images; of the hub's own these and shorter ones; of all names those that images of the
 * catalogue were imported by.
 */
function nameInCatalogue({ near, catalogue }: HostView, { domain, path }: Reference): string | null {
  if (near && domain === near.domain) return near.officialName(path);
  if (domain === 'docker.io' && path.startsWith('library/')) return path.slice('library/'.length);
  const name = familiarName({ domain, path });
  return catalogue.tags(name).length > 0 ? name : null;
}

/** Docker's words, and in place of the registry's own what there is. */
export function unknownManifest(view: HostView, reference: Reference): EngineError {
  const tags = view.catalogue.tags(nameInCatalogue(view, reference) ?? '');
  return new EngineError(
    'notFound',
    `manifest for ${familiar(reference)} not found: manifest unknown: the catalogue has ${familiarName(reference)} with the tags ${tags.join(', ')}`,
  );
}
