// COPY, ADD and WORKDIR: files that the engine makes by itself, in an overlay of its own, which become a layer.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { MadeOwnLayer } from '../../archives/tree-jobs.ts';
import { lookAtStage, makeFilesOf, makeLayerOf } from '../../archives/tree-work.ts';
import { type Layers, openLayers, openOwnView, openView, type View, type ViewSource } from '../../archives/view.ts';
import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import type { MadeLayer } from '../../images/build-images.ts';
import { removeTree } from '../../kernel/remove-tree.ts';
import { createOwnLayer } from '../../processes/rootfs.ts';
import type { Copied } from '../files/content-keys.ts';
import type { FileAction, FilesSource } from '../files/files-job.ts';
import type { LookLimits, StageKeys } from '../files/stage-keys.ts';
import { handingOver } from './made-layer.ts';

/** Where an action's files come from: what a client has sent, or the layers of a stage, base first. */
export type Source =
  | Extract<FilesSource, { kind: 'sent' }>
  | { readonly kind: 'stage'; readonly diffIds: readonly string[] };

/**
 * `madeAt`: in seconds, of what is made and not copied; null for now. `onDigests` is told digests of what is copied of stages, one for each
 * copy. Throws what the actions throw. The layer is the caller's to let go.
 */
export async function filesStep(
  host: ContainerHost,
  below: readonly string[],
  sources: readonly Source[],
  { actions, madeAt }: { readonly actions: readonly FileAction[]; readonly madeAt: number | null },
  signal: AbortSignal,
  onDigests: ((digests: readonly (string | null)[]) => void) | null = null,
): Promise<MadeLayer> {
  const make = async (made: (layer: MadeLayer) => MadeLayer): Promise<MadeLayer> => {
    const pack = async (own: string, file: string, maxBytes: number): Promise<MadeOwnLayer> => {
      await using undo = new AsyncDisposableStack();
      createOwnLayer(own, 0);
      const { mounts, root } = undo.use(openOwnView({ ...rootfsOf(host, below, own), isVolatile: true }));
      const opened = sources.map((source) => openSource(host, source, undo));
      const { uidBase } = host.record;
      const time = { madeAtMs: madeAt === null ? Date.now() : madeAt * 1000, isTimeGiven: madeAt !== null };
      const layer = { own: `${own}/upper`, file, maxBytes };
      const job = { kind: 'build-files', mounts, root, uidBase, layer, sources: opened, actions, ...time } as const;
      const packed = await makeLayerOf({ ...job, wantsDigests: onDigests !== null }, signal);
      onDigests?.(packed.digests ?? []);
      return packed;
    };
    return made(await host.images.builds.ownLayer(pack, signal));
  };
  return await handingOver((made) => host.engine.archives.pass(host.name, () => make(made)));
}

/** Puts what the layers have at `source`, a directory, where nothing is, on the host's disk. Throws notFound, in BuildKit's words. */
export async function placeFiles(
  host: ContainerHost,
  diffIds: readonly string[],
  source: string,
  place: string,
  signal: AbortSignal,
): Promise<void> {
  const name = path.posix.basename(source);
  const isRoot = name === '';
  const action: FileAction = {
    kind: 'copy',
    source: 0,
    from: isRoot ? '/' : path.posix.dirname(source),
    to: '/',
    isPattern: false,
    // By its name, and so with its owner and mode.
    includes: isRoot ? [] : [name.replace(/[*?[\]\\^]/g, '\\$&').replace(/^!/, '[!]')],
    excludes: [],
    unpack: false,
    owner: '',
    mode: null,
  };
  await host.engine.archives.pass(host.name, async () => {
    await using undo = new AsyncDisposableStack();
    const own = makeOwn(host, undo);
    const { mounts, root } = undo.use(viewOf(host, [], own));
    await using opened = new AsyncDisposableStack();
    const sources = [openSource(host, { kind: 'stage', diffIds }, opened)];
    const { uidBase } = host.record;
    const time = { madeAtMs: Date.now(), isTimeGiven: false };
    const job = { kind: 'build-files', mounts, root, uidBase, layer: null, sources, actions: [action] } as const;
    await makeFilesOf({ ...job, ...time, wantsDigests: false }, signal);
    const made = `${own}/upper${isRoot ? '' : `/${name}`}`;
    if (!fs.lstatSync(made, { throwIfNoEntry: false })?.isDirectory())
      throw new EngineError('notFound', `${JSON.stringify(source)}: not found`);
    fs.renameSync(made, place);
  });
}

/** Digests of files in the layers. Throws the reason of `signal`. */
export async function lookAtLayers(
  host: ContainerHost,
  diffIds: readonly string[],
  copied: readonly Copied[],
  limits: LookLimits,
  signal: AbortSignal,
): Promise<StageKeys> {
  return await host.engine.archives.pass(host.name, async () => {
    await using undo = new AsyncDisposableStack();
    const { mounts, image: root } = undo.use(openLayersOf(host, diffIds));
    const { uidBase } = host.record;
    return await lookAtStage({ kind: 'stage-keys', mounts, root, uidBase, copied, limits }, signal);
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

function openLayersOf(host: ContainerHost, diffIds: readonly string[]): Layers {
  return openLayers({ rootfs: rootfsOf(host, diffIds, ''), hostPid: host.record.pid });
}

function openSource(host: ContainerHost, source: Source, undo: AsyncDisposableStack): FilesSource {
  if (source.kind === 'sent') return source;
  const { mounts, image } = undo.use(openLayersOf(host, source.diffIds));
  return { kind: 'mounted', mounts, root: image };
}
