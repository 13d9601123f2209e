// Makes one image of the catalogue, by whatever its recipe says.

import { mkdir, rm } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import { goArchitecture } from '../images/architecture.ts';
import { buildBase } from './build-base.ts';
import { fetchImage, type Registries } from './fetch-image.ts';
import { writeLayout } from './layout.ts';
import { openImages } from './take-archive.ts';
import type { TakenImage } from './taken-image.ts';
import type { Order, Workshop } from './workshop.ts';

export interface MakeParts {
  /** Null where nobody builds here. */
  readonly workshop: Workshop | null;
  readonly registries: Registries;
  /** Where lists of Debian's packages are kept. */
  readonly lists: string;
  /** An empty directory; what is left in it is the caller's. */
  readonly scratch: string;
}

/** Fills the order's layout. Throws EngineError. */
export async function makeImage(order: Parts): Promise<void> {
  const { recipe, workshop } = order;
  const { source } = recipe;
  switch (source.kind) {
    case 'base':
      return await buildBase({ ...order, root: source.root, tags: recipe.tags, compression: recipe.compression });
    case 'dockerfile':
      if (!workshop) throw new EngineError('unavailable', 'it is built by an engine that runs');
      return await workshop.build(order);
    case 'registry':
      return await takeInto(order, (parts) => fetchImage(source.reference, parts));
    case 'archive':
      return await takeInto(order, async (parts) => onlyImage(await openImages(source.path, parts), source.path));
    default:
      throw new EngineError('internal', `an image of the kind ${source.kind} is not made`);
  }
}

/** Of this machine's architecture there is one, whatever others there are. */
function onlyImage(images: readonly TakenImage[], path: string): TakenImage {
  const [image, another] = images;
  if (image && !another) return image;
  throw new EngineError(
    'invalid',
    image
      ? `${path} holds ${images.length} images: an image's folder names an archive of one`
      : `${path} holds no image for ${goArchitecture}`,
  );
}

type Parts = Order & MakeParts;

/** What comes from elsewhere comes within the layout: its layers are moved, and the cache is not on the file system of the store. */
async function takeInto(order: Parts, take: (parts: Parts) => Promise<TakenImage>): Promise<void> {
  const { layout, recipe } = order;
  const scratch = `${layout}/incoming`;
  await mkdir(scratch, { mode: 0o700 });
  const { configuration, layers } = await take({ ...order, scratch });
  await rm(scratch, { recursive: true });
  writeLayout(layout, { tags: recipe.tags, version: null, configuration, layers });
}
