// Opening a container's files from outside, whether it runs or not: for cp, export, diff and commit.

import { type Layers, openLayers, openView, type View, type ViewSource } from '../archives/view.ts';
import { EngineError } from '../errors.ts';
import { networkFileNames } from '../networks/files.ts';
import type { Container } from './container.ts';
import { networkOwner } from './joined.ts';
import { inMountOrder } from './mounts/mount-point.ts';
import { stageMounts } from './mounts/stage-mounts.ts';
import { untilStopped } from './until-stopped.ts';

const nothing: Pick<ViewSource, 'places' | 'stage'> = { places: [], stage: () => [] };

/**
 * What the engine mounts on the container's root file system, but for what every container has (/proc, /sys, /dev) and tmpfs. As in moby
 * (`setupMounts`) the files of the network come last.
 */
function mountsOn(container: Container): Pick<ViewSource, 'places' | 'stage'> {
  const { mounts } = container.record;
  const asked = inMountOrder(mounts).map(({ destination }) => destination);
  const files = networkFileNames.filter((name) => !asked.includes(`/etc/${name}`));
  const isTmpfs = (place: string): boolean =>
    mounts.some(({ destination, type }) => type === 'tmpfs' && destination === place);
  const etc = `${networkOwner(container).directory}/etc`;
  return {
    places: [...asked.filter((place) => !isTmpfs(place)), ...files.map((name) => `/etc/${name}`)],
    stage: () => [
      ...stageMounts(container).flatMap(({ type, isPart, destination, source }) =>
        type === 'bind' && !isPart ? [{ destination, source, isAlwaysThere: false }] : [],
      ),
      // Written by the first start. Until then they are empty, as in moby's `initlayer`.
      ...files.map((name) => ({ destination: `/etc/${name}`, source: `${etc}/${name}`, isAlwaysThere: true })),
    ],
  };
}

function sourceOf(container: Container, mounts: Pick<ViewSource, 'places' | 'stage'>): ViewSource {
  const { host, state, directory } = container;
  const { engine } = host;
  const { layers } = host.images.resolve(container.record.imageId);
  return {
    rootfs: { layersDirectory: engine.images.layersDirectory, layers, directory, stage: engine.stage },
    running: container.running ? { pid: state.machinePid, startTicks: state.startTicks } : null,
    beside: container.fileUses.mounts,
    hostPid: host.record.pid,
    uidBase: host.record.uidBase,
    ...mounts,
  };
}

/** The files of a container, open until they are disposed of. `signal` aborts where they are to be closed at once. */
export interface OpenFiles<T> extends Disposable {
  readonly view: View;
  readonly seen: T;
  readonly signal: AbortSignal;
}

/**
 * Opens the container's files, and calls `look` with a descriptor of their root (see `openView`). With `mounts` what is mounted on its
 * root file system is there too. Throws conflict where the container is being removed.
 */
export async function openFiles<T>(
  container: Container,
  { mounts, signal }: { readonly mounts: boolean; readonly signal: AbortSignal },
  look: (root: number) => T,
): Promise<OpenFiles<T>> {
  let isOpen = false;
  const lookOnce = (root: number): T => {
    isOpen = true;
    return look(root);
  };
  try {
    return await openNow(container, { mounts, signal }, lookOnce);
  } catch (error) {
    // What is not to be found in its files is told at once.
    if (isOpen) throw error;
    // Its process has ended, and the engine is about to hear of it: then the container is there as one that does not run.
    if (!hasJustEnded(error) || !(await untilStopped(container, 2000))) throw error;
    return await openNow(container, { mounts, signal }, look);
  }
}

function hasJustEnded(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH' || (error instanceof EngineError && error.kind === 'unavailable');
}

/** The container's own layer alone: the upper directory of its overlay, which it may be writing to. As `openFiles`. */
export function useOwnLayer(
  container: Container,
  signal: AbortSignal,
): Promise<Disposable & { readonly own: string; readonly signal: AbortSignal }> {
  return container.withLock(async () => {
    checkThere(container);
    const use = container.fileUses.begin(signal, null);
    return { own: `${container.directory}/upper`, signal: use.signal, [Symbol.dispose]: () => use[Symbol.dispose]() };
  });
}

/** The container's own layer beside its image: see `openLayers`. As `openFiles`. */
export function openOwnLayer(container: Container, signal: AbortSignal): Promise<OpenLayers> {
  return container.withLock(async () => {
    checkThere(container);
    const layers = openLayers(sourceOf(container, nothing));
    return inUse(container, signal, layers);
  });
}

export interface OpenLayers extends Disposable {
  readonly layers: Layers;
  readonly signal: AbortSignal;
}

function inUse(container: Container, signal: AbortSignal, layers: Layers): OpenLayers {
  const use = container.fileUses.begin(signal, null);
  return {
    layers,
    signal: use.signal,
    [Symbol.dispose]: () => {
      layers[Symbol.dispose]();
      use[Symbol.dispose]();
    },
  };
}

function checkThere({ host, name, state }: Container): void {
  if (!host.running) throw new EngineError('unavailable', `host ${host.name} is stopped; start it first`);
  if (state.status === 'dead' || state.status === 'removing')
    throw new EngineError('conflict', `container ${name} is being removed`);
}

/** With the container's lock: it is neither started nor removed meanwhile. */
function openNow<T>(
  container: Container,
  { mounts, signal }: { readonly mounts: boolean; readonly signal: AbortSignal },
  look: (root: number) => T,
): Promise<OpenFiles<T>> {
  return container.withLock(async () => {
    checkThere(container);
    const { view, seen } = openView(sourceOf(container, mounts ? mountsOn(container) : nothing), look);
    const use = container.fileUses.begin(signal, view.mounts);
    return {
      view,
      seen,
      signal: use.signal,
      [Symbol.dispose]: () => {
        use[Symbol.dispose]();
        view[Symbol.dispose]();
      },
    };
  });
}
