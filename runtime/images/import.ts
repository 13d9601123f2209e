// `docker import`: POST /images/create?fromSrc=-. One tar becomes an image of one layer.

import type { Readable } from 'node:stream';
import { EngineError } from '../errors.ts';
import { digestOf } from '../store/blobs.ts';
import { firstBytesOf } from '../store/compression.ts';
import { pack } from '../store/layer-work.ts';
import { packingOf } from '../store/packed-bytes.ts';
import { goArchitecture } from './architecture.ts';
import { allowance, bringLayer, configurationAllowance } from './bring-layer.ts';
import { brokenArchive } from './broken-archive.ts';
import { applyChanges } from './changes.ts';
import type { ImageConfig, Progress } from './image.ts';
import { familiar, type Reference, referenceOf } from './reference.ts';
import { Upload } from './upload.ts';
import type { HostView } from './view.ts';

export interface ImportOptions {
  readonly repository: string;
  readonly tag: string;
  readonly message: string;
  readonly changes: readonly string[];
  readonly signal: AbortSignal;
}

/** Throws invalid before the first line for a name or change that cannot be; what fails later is thrown out of the lines. */
export function importArchive(view: HostView, archive: Readable, options: ImportOptions): AsyncIterable<Progress> {
  const reference = options.repository === '' ? null : referenceOf(options.repository, options.tag);
  if (reference?.digest !== undefined) throw new EngineError('invalid', 'cannot import digest reference');
  const config = applyChanges(options.changes);
  return lines(view, archive, reference, config, options);
}

async function* lines(
  view: HostView,
  archive: Readable,
  reference: Reference | null,
  config: ImageConfig,
  options: ImportOptions,
): AsyncGenerator<Progress> {
  using _transfer = view.transfers.beginTransfer();
  await using upload = new Upload(view.uploads);
  const { signal } = options;
  const maxBytes = allowance(view);
  const received = await upload.receiveFile(archive, maxBytes, signal);
  const path = await asLayer(received, `${upload.directory}/packed`, maxBytes, signal);
  const file = { path, digest: null, isHashed: false, diffId: null };
  const layer = await bringLayer(view, file, { maxBytes, signal, onBytes: () => undefined }).catch((error: unknown) => {
    throw brokenArchive(error);
  });
  using held = view.contents.hold([layer.diffId]);
  let imageId = '';
  try {
    signal.throwIfAborted();
    const configuration = configurationOf(layer.diffId, config, options.message || 'Imported from -');
    if (configuration.length > configurationAllowance(view))
      throw new EngineError(
        'exhausted',
        'the configurations of this host’s images hold as much as they may: remove images first',
      );
    imageId = digestOf(configuration);
    await view.contents.bringText(configuration, `${upload.directory}/configuration`);
    view.own.add(imageId, layer.size);
  } catch (error) {
    held[Symbol.dispose]();
    view.discard(imageId, [layer.diffId]);
    throw error;
  }
  if (reference) {
    view.own.name(reference, imageId);
    view.owner.emit({ action: 'tag', id: imageId, name: familiar(reference) });
  }
  view.owner.emit({ action: 'import', id: imageId, name: imageId });
  yield { status: imageId };
}

/** The file, or where no layer is compressed in its way one with the same in it, at `packed`. */
async function asLayer(file: string, packed: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  if (packingOf(await firstBytesOf(file)) === null) return file;
  const job = { kind: 'compress', from: file, blob: packed, compression: 'gzip', maxBytes } as const;
  await pack(job, signal, () => undefined);
  return packed;
}

function configurationOf(diffId: string, config: ImageConfig, comment: string): string {
  const created = new Date().toISOString();
  return JSON.stringify({
    architecture: goArchitecture,
    comment,
    config,
    created,
    history: [{ created, comment }],
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [diffId] },
  });
}
