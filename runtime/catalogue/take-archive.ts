// Reads archives of images, of any origin: as `docker save` writes them, OCI layouts, packed or as directories. What is for another
// architecture is passed over.

import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { receiveTree } from '../archives/tree-work.ts';
import { at, EngineError } from '../errors.ts';
import { goArchitecture } from '../images/architecture.ts';
import type { LoadableImage } from '../images/receive-images.ts';
import { tarOf } from '../kernel/tar.ts';
import { maxImportBytes } from '../limits.ts';
import { type TakenImage, type TakeParts, takeLayers } from './taken-image.ts';

export interface OpenParts extends TakeParts {
  /** An empty directory on the file system of the layout; what is left in it is the caller's. */
  readonly scratch: string;
}

const documentSchema = z.object({ architecture: z.string(), os: z.string().default('linux') });

/** The images in a file or a directory. Throws invalid, dataLoss, tooLarge: what is wrong with it. */
export async function openImages(path: string, parts: OpenParts): Promise<readonly TakenImage[]> {
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => {
      throw new EngineError('notFound', `there is no ${path}`);
    },
  );
  try {
    return await takeImages(isDirectory ? tarOf(path, parts.signal) : createReadStream(path), parts);
  } catch (error) {
    parts.signal.throwIfAborted();
    throw at(path, error);
  }
}

/** The same out of a stream, which may be compressed. Of images that are in it several times each is given once, with all its names. */
export async function takeImages(archive: Readable, parts: OpenParts): Promise<readonly TakenImage[]> {
  const files = `${parts.scratch}/files`;
  await mkdir(files, { mode: 0o700 });
  const limits = { maxBytes: maxImportBytes, maxConfigurationBytes: maxImportBytes };
  parts.onStep('reading the archive');
  const found = await receiveTree({ kind: 'receive', directory: files, ...limits }, archive, parts.signal);
  const own = new Map<string, { readonly image: LoadableImage; readonly text: string; names: readonly string[] }>();
  const others = new Set<string>();
  for (const image of found) {
    const text = await readFile(image.configurationFile.path, 'utf8');
    const { architecture, os } = documentSchema.parse(JSON.parse(text));
    const { imageId } = image.configuration;
    const known = own.get(imageId);
    if (known) known.names = [...known.names, ...image.names];
    else if (architecture === goArchitecture && os === 'linux') own.set(imageId, { image, text, names: image.names });
    else others.add(`${os}/${architecture}`);
  }
  if (own.size === 0)
    throw new EngineError(
      'invalid',
      `it holds no image for this machine, linux/${goArchitecture}${others.size > 0 ? `; it has ${[...others].join(', ')}` : ''}`,
    );
  const taken: TakenImage[] = [];
  const known = new Map<string, TakenImage['layers'][number]>();
  for (const [imageId, { image, text, names }] of own) {
    const { diffIds } = image.configuration;
    if (diffIds.length !== image.layers.length)
      throw new EngineError('invalid', `${imageId} has ${image.layers.length} layers, and names ${diffIds.length}`);
    const layers = image.layers.map(({ file, digest }, i) => ({ file: file.path, digest, diffId: diffIds[i] ?? '' }));
    taken.push({
      ...{ imageId, configuration: text, names: [...new Set(names)], recipe: image.recipe },
      layers: await takeLayers(layers, parts, known),
    });
  }
  return taken;
}
