// Where a file is that a check is about: the home directory, a container, a volume or an image.

import type { FilePlace } from '../../lessons/schema.ts';
import type { HostFacts } from './facts.ts';

/** The key of a file in `HostFacts.files` and `.yaml`. In no path there is a NUL. */
export function fileKey({ path, container, volume, image }: FilePlace): string {
  if (container !== undefined) return `container\0${container}\0${path}`;
  if (image !== undefined) return `image\0${image}\0${path}`;
  return volume === undefined ? path : `volume\0${volume}\0${path}`;
}

/** Empty for the home directory: `a.txt in the volume data`. */
export function whereIn({ container, volume, image }: FilePlace): string {
  if (container !== undefined) return ` in the container ${container}`;
  if (image !== undefined) return ` in the image ${image}`;
  return volume === undefined ? '' : ` in the volume ${volume}`;
}

/** Why there can be no such file; empty where there can. */
export function noPlace({ container, volume, image }: FilePlace, { containers, volumes, images }: HostFacts): string {
  if (container !== undefined && !containers.some(({ name }) => name === container))
    return `There is no container named ${container}.`;
  if (image !== undefined && images.get(image) === null) return `There is no image ${image} on this host yet.`;
  return volume !== undefined && volumes.get(volume) === null ? `There is no volume ${volume} on this host yet.` : '';
}

/** As a sentence: that the file is not there. */
export function noFile(place: FilePlace): string {
  return `There is no file ${place.path}${whereIn(place) || ' in the home directory'} yet.`;
}

/** What is typed into a file of the home directory is in the editor first. */
export function askSaved({ container, volume, image }: FilePlace): string {
  return container === undefined && volume === undefined && image === undefined ? ' Is it saved?' : '';
}
