// COPY, ADD and WORKDIR: files that the engine makes by itself, in an overlay of its own, which become a layer.

import { randomUUID } from 'node:crypto';
import { makeFilesOf, packLayerFile } from '../../archives/tree-work.ts';
import { openLayers, openView, type View, type ViewSource } from '../../archives/view.ts';
import type { ContainerHost } from '../../containers/container.ts';
import type { MadeLayer } from '../../images/build-images.ts';
import { removeTree } from '../../kernel/remove-tree.ts';
import { createOwnLayer } from '../../processes/rootfs.ts';
import type { FileAction, FilesSource } from '../files/files-job.ts';

/** Where an action's files come from: what a client has sent, or the layers of a stage, base first. */
export type Source =
  | Extract<FilesSource, { kind: 'sent' }>
  | { readonly kind: 'stage'; readonly diffIds: readonly string[] };

/** Throws what the actions throw. The layer is the caller's to let go. */
export async function filesStep(
  host: ContainerHost,
  below: readonly string[],
  sources: readonly Source[],
  actions: readonly FileAction[],
  signal: AbortSignal,
): Promise<MadeLayer> {
  return await host.engine.archives.pass(host.name, async () => {
    await using undo = new AsyncDisposableStack();
    const own = makeOwn(host, undo);
    const view = undo.use(viewOf(host, below, own));
    const opened = sources.map((source) => openSource(host, source, undo));
    const { mounts, root } = view;
    const { uidBase } = host.record;
    await makeFilesOf({ kind: 'build-files', mounts, root, uidBase, sources: opened, actions }, signal);
    const rootfs = rootfsOf(host, below, own);
    const layers = undo.use(openLayers({ rootfs, hostPid: host.record.pid }));
    return await host.images.builds.layer(
      (file, maxBytes) =>
        packLayerFile(
          { kind: 'layer', mounts: layers.mounts, own: layers.own, image: layers.image, uidBase, file, maxBytes },
          signal,
        ),
      signal,
    );
  });
}

/** Among those of containers, whose leftovers the next engine removes. */
function makeOwn(host: ContainerHost, undo: AsyncDisposableStack): string {
  const directory = `${host.directory}/containers/${randomUUID()}`;
  createOwnLayer(directory, host.record.uidBase);
  undo.defer(() => removeTree(directory));
  return directory;
}

export function rootfsOf(host: ContainerHost, diffIds: readonly string[], directory: string): ViewSource['rootfs'] {
  const { engine, images } = host;
  const layers = images.builds.layerNames(diffIds);
  return { layersDirectory: engine.images.layersDirectory, layers, directory, stage: engine.stage };
}

function viewOf(host: ContainerHost, diffIds: readonly string[], directory: string): View {
  const { view } = openView(
    {
      rootfs: rootfsOf(host, diffIds, directory),
      running: null,
      beside: null,
      hostPid: host.record.pid,
      uidBase: host.record.uidBase,
      places: [],
      stage: () => [],
    },
    () => null,
  );
  return view;
}

function openSource(host: ContainerHost, source: Source, undo: AsyncDisposableStack): FilesSource {
  if (source.kind === 'sent') return source;
  const rootfs = rootfsOf(host, source.diffIds, '');
  const { mounts, image } = undo.use(openLayers({ rootfs, hostPid: host.record.pid }));
  return { kind: 'mounted', mounts, root: image };
}
