// Where a text stands in an image: what its layers hold, also of what a later one has deleted, its configuration and its history.

import { searchLayers } from '../archives/tree-work.ts';
import type { ImageText, ImageTextTold } from '../client-inside.ts';
import { maxSearchedBytes, maxSearchedFiles, maxSearchesKept } from '../limits.ts';
import type { ContainerEngine, ContainerHost } from './container.ts';

/** No image changes: what was found stays. By the image's id and the text. */
const found = new WeakMap<ContainerEngine, Map<string, Promise<ImageTextTold>>>();

/** See `HostInside.findInImage`. */
export async function findInImage(
  host: ContainerHost,
  { image, text }: ImageText,
  signal: AbortSignal,
): Promise<ImageTextTold> {
  const { imageId } = host.images.builds.base(image);
  const known = found.get(host.engine) ?? new Map<string, Promise<ImageTextTold>>();
  found.set(host.engine, known);
  const key = JSON.stringify([imageId, text]);
  const asked = known.get(key) ?? look(host, imageId, text, signal);
  known.set(key, asked);
  const [oldest] = known.keys();
  if (known.size > maxSearchesKept && oldest !== undefined) known.delete(oldest);
  try {
    return await asked;
  } catch (error) {
    known.delete(key);
    throw error;
  }
}

async function look(
  { engine, images, name }: ContainerHost,
  imageId: string,
  text: string,
  signal: AbortSignal,
): Promise<ImageTextTold> {
  const { builds } = images;
  const { config, history } = builds.document(imageId);
  const written = JSON.stringify(text).slice(1, -1);
  const nowhere: ImageTextTold = { place: 'nowhere', path: '' };
  if (JSON.stringify(config).includes(written)) return { ...nowhere, place: 'configuration' };
  if (JSON.stringify(history).includes(written)) return { ...nowhere, place: 'history' };
  const { diffIds } = builds.base(imageId);
  using _held = builds.hold(diffIds);
  const { layersDirectory } = engine.images;
  const directories = [...builds.layerNames(diffIds)].reverse().map((layer) => `${layersDirectory}/${layer}`);
  const limits = { maxBytes: maxSearchedBytes, maxFiles: maxSearchedFiles };
  const path = await engine.archives.pass(name, () =>
    searchLayers({ kind: 'search', directories, text, ...limits }, signal),
  );
  return path === null ? nowhere : { place: 'file', path };
}
