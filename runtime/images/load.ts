// `docker load`: POST /images/load.

import type { Readable } from 'node:stream';
import { receiveTree } from '../archives/tree-work.ts';
import { EngineError } from '../errors.ts';
import { allowance, bringing, bringLayer, configurationAllowance } from './bring-layer.ts';
import type { Progress } from './image.ts';
import { line } from './progress.ts';
import { ProgressQueue } from './progress-queue.ts';
import type { LoadableImage } from './receive-images.ts';
import { familiar, parseReference, withDefaultTag } from './reference.ts';
import { hostHasLayer } from './remove.ts';
import { shortId } from './resolve.ts';
import { Upload } from './upload.ts';
import type { HostView } from './view.ts';

/** An image is there whole, with its names, or not at all. Throws out of the lines what is wrong with the archive. */
export async function* load(
  view: HostView,
  archive: Readable,
  options: { quiet: boolean; signal: AbortSignal },
): AsyncGenerator<Progress> {
  using _transfer = view.transfers.beginTransfer();
  await using upload = new Upload(view.uploads);
  const job = {
    kind: 'receive',
    directory: upload.directory,
    maxBytes: allowance(view),
    maxConfigurationBytes: configurationAllowance(view),
  } as const;
  for (const image of await receiveTree(job, archive, options.signal)) {
    const queue = new ProgressQueue();
    yield* queue.follow(loadImage(view, image, options.quiet ? null : queue, options.signal));
    yield* nameImage(view, image);
  }
}

async function loadImage(
  view: HostView,
  image: LoadableImage,
  queue: ProgressQueue | null,
  signal: AbortSignal,
): Promise<void> {
  const { diffIds, imageId } = image.configuration;
  if (diffIds.length !== image.layers.length) {
    const what = `expected ${image.layers.length}, got ${diffIds.length}`;
    throw new EngineError('invalid', `invalid manifest, layers length mismatch: ${what}`);
  }
  // A name that cannot be is found out before anything is stored.
  for (const name of image.names) parseReference(name);
  await bringing(view, imageId, diffIds, async () => {
    const broughtBytes = await bringLayers(view, image, diffIds, queue, signal);
    signal.throwIfAborted();
    await view.contents.bring(image.configuration, image.configurationFile.path);
    view.own.add(imageId, broughtBytes);
  });
}

/** How many bytes the layers hold that the host did not have. */
async function bringLayers(
  view: HostView,
  image: LoadableImage,
  diffIds: readonly string[],
  queue: ProgressQueue | null,
  signal: AbortSignal,
): Promise<number> {
  let broughtBytes = 0;
  for (const [i, layer] of image.layers.entries()) {
    const diffId = diffIds[i];
    if (diffId === undefined || diffIds.indexOf(diffId) < i || hostHasLayer(view, diffId)) continue;
    const onBytes = (bytes: number): void =>
      queue?.push(line(shortId(diffId), 'Loading layer', bytes, layer.file.size));
    const maxBytes = allowance(view) - broughtBytes;
    const file = { path: layer.file.path, digest: layer.digest, isHashed: false, diffId };
    const { size } = await bringLayer(view, file, { maxBytes, signal, onBytes });
    onBytes(layer.file.size);
    broughtBytes += size;
  }
  return broughtBytes;
}

function* nameImage(view: HostView, image: LoadableImage): Generator<Progress> {
  const { imageId } = image.configuration;
  for (const name of image.names) {
    const reference = withDefaultTag(parseReference(name));
    const before = view.own.name(reference, imageId);
    const shown = familiar(reference);
    if (before !== undefined) {
      yield { stream: `The image ${shown} already exists, renaming the old one with ID ${before} to empty string\n` };
    }
    yield { stream: `Loaded image: ${shown}\n` };
  }
  if (image.names.length === 0) yield { stream: `Loaded image ID: ${imageId}\n` };
  view.owner.emit({ action: 'load', id: imageId, name: imageId });
}
