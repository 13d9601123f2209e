// The last step of a build: its layers and its configuration become an image of the host.

import type { ContainerHost } from '../../containers/container.ts';
import { canonical, parseReference, type Reference, withDefaultTag } from '../../images/reference.ts';
import { digestOf } from '../../store/blobs.ts';
import { newId } from '../builds.ts';
import type { HistoryEntry, ImageDocument } from '../language/image-document.ts';
import type { Progress } from '../progress.ts';
import type { BuiltLayer } from './made.ts';

/** What the client is told. Throws invalid for a name that can be none, exhausted. */
export async function exportImage(
  host: ContainerHost,
  progress: Progress,
  {
    layers,
    image,
    names,
  }: { readonly layers: readonly BuiltLayer[]; readonly image: ImageDocument; readonly names: string },
): Promise<Record<string, string>> {
  const references = names
    .split(',')
    .filter((name) => name !== '')
    .map((name): Reference => withDefaultTag(parseReference(name)));
  const vertex = progress.vertex({ digest: digestOf(`export ${newId()}`), name: 'exporting to image', inputs: [] });
  vertex.start();
  const doing = async <T>(what: string, act: () => Promise<T> | T): Promise<T> => {
    const status = vertex.status(what);
    const done = await act();
    status.done();
    return done;
  };
  try {
    const configuration = JSON.stringify(await doing('exporting layers', () => documentOf(image, layers)));
    const imageId = digestOf(configuration);
    const own = layers.filter(({ createdAt }) => createdAt !== null);
    const bytes = host.images.builds.bytesOf(own.map(({ diffId }) => diffId));
    await doing(`writing image ${imageId}`, () => host.images.builds.finish(configuration, bytes));
    for (const reference of references)
      await doing(`naming to ${canonical(reference).replace(/:latest$/, '')}`, () =>
        host.images.builds.name(reference, imageId),
      );
    vertex.complete();
    return {
      'containerimage.digest': imageId,
      'containerimage.config.digest': imageId,
      ...(references.length > 0 && {
        'image.name': references.map((one) => canonical(one).replace(/:latest$/, '')).join(','),
      }),
    };
  } catch (error) {
    vertex.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** The configuration, with its layers, and with the times at which they were made. */
export function documentOf(image: ImageDocument, layers: readonly BuiltLayer[]): ImageDocument {
  let at = 0;
  let last: string | null = null;
  const history = (image.history ?? []).map((entry): HistoryEntry => {
    const layer = entry.empty_layer ? null : layers[at++];
    last = entry.created ?? layer?.createdAt ?? last;
    return last === null ? entry : { ...entry, created: last };
  });
  // What changes no file has the time of what comes before it, or else after.
  const first = history.find(({ created }) => created !== undefined)?.created;
  const created = last ?? first ?? null;
  return {
    ...image,
    ...(created !== null && { created }),
    history: history.map((entry) =>
      entry.created === undefined && first !== undefined ? { ...entry, created: first } : entry,
    ),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  };
}
