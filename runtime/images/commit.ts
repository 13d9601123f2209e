// `docker commit`: an image of one more layer, which a container has written. Where the container is and how its layer is packed is
// not known here.

import { EngineError } from '../errors.ts';
import { maxLayers } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import type { Packed } from '../store/layer-work.ts';
import { allowance, bringHashed, configurationAllowance } from './bring-layer.ts';
import { checkConfiguration, parseConfiguration } from './configuration.ts';
import type { KnownImage } from './contents.ts';
import type { Commit } from './image.ts';
import { familiar } from './reference.ts';
import { resolve } from './resolve.ts';
import { tagReference } from './tag.ts';
import { Upload } from './upload.ts';
import type { HostView } from './view.ts';

/** Two empty blocks: a tar of nothing. */
const emptyTarBytes = 1024;

/** The new image's ID. Throws invalid for a name that cannot be, exhausted where the host may bring in no more. */
export async function commit(view: HostView, request: Commit): Promise<string> {
  const reference = request.repository === '' ? null : tagReference(request.repository, request.tag);
  using _transfer = view.transfers.beginTransfer();
  await using upload = new Upload(view.uploads);
  const parent = resolve(view, request.parentId);
  const maxBytes = allowance(view);
  const file = `${upload.directory}/layer`;
  const packed = await request.pack(file, maxBytes);
  const isEmpty = packed.tarBytes <= emptyTarBytes;
  if (!isEmpty && parent.diffIds.length >= maxLayers) throw new EngineError('refused', 'max depth exceeded');
  using held = view.contents.hold([...parent.diffIds, packed.diffId]);
  const layer = isEmpty ? null : await bringHashed(view, file, packed, { maxBytes, signal: request.signal });
  let imageId = '';
  try {
    request.signal.throwIfAborted();
    const configuration = configurationOf(view, parent, request, isEmpty ? null : packed);
    checkConfiguration(parseConfiguration(configuration));
    if (configuration.length > configurationAllowance(view))
      throw new EngineError(
        'exhausted',
        'the configurations of this host’s images hold as much as they may: remove images first',
      );
    imageId = digestOf(configuration);
    await view.contents.bringText(configuration, `${upload.directory}/configuration`);
    view.own.add(imageId, layer?.size ?? 0, parent.imageId);
  } catch (error) {
    held[Symbol.dispose]();
    view.discard(imageId, layer ? [layer.diffId] : []);
    throw error;
  }
  view.owner.emit({ action: 'create', id: imageId, name: imageId });
  if (reference) {
    view.own.name(reference, imageId);
    view.owner.emit({ action: 'tag', id: imageId, name: familiar(reference) });
  }
  return imageId;
}

function configurationOf(view: HostView, parent: KnownImage, request: Commit, layer: Packed | null): string {
  const { author, comment, config, createdBy, containerId } = request;
  const { architecture, os, variant } = parent.details;
  const created = new Date().toISOString();
  const step = {
    created,
    created_by: createdBy,
    ...(author !== '' && { author }),
    ...(comment !== '' && { comment }),
    ...(layer === null && { empty_layer: true }),
  };
  return JSON.stringify({
    architecture,
    ...(author !== '' && { author }),
    comment,
    config,
    container: containerId,
    created,
    docker_version: request.dockerVersion,
    history: [...view.contents.history(parent.imageId), step],
    os,
    ...(variant !== undefined && { variant }),
    rootfs: { type: 'layers', diff_ids: [...parent.diffIds, ...(layer ? [layer.diffId] : [])] },
  });
}
