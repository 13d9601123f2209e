// A container's files as Docker's `cp`, `export` and `diff` see them, whether it runs or not: its root file system, and on it
// what the engine itself mounts there (volumes, bind mounts, images, the network's files), but not its /proc, /sys, /dev and tmpfs,
// nor what is mounted below the source of a bind mount. The threads that work in a view are root of the machine: a file system of
// the kernel, such as a bind mount of the workspace's /proc, is never in it.
//
// Whoever works in a view resolves each path below its root (kernel/beneath.ts), and nothing else is mounted in it: so no
// link leads out of it, also not one that a process of the container swaps in meanwhile.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { openInView } from '../kernel/beneath.ts';
import { attachMount, here, openThreadRoot } from '../kernel/mounts.ts';
import { insideMountsAt, insideMountsOf, insideNewMountNamespace } from '../kernel/namespaces.ts';
import { isAlive, type KnownProcess } from '../kernel/processes.ts';
import { holdMounts } from '../kernel/thread-mounts.ts';
import { cloneTree, limitTree } from '../kernel/trees.ts';
import { isPlain } from '../kernel/view.ts';
import { mountImage, mountTree, type Rootfs, showLayers } from '../processes/rootfs.ts';
import { openPlace } from './places.ts';

/** Something that the engine mounts on the root file system of a container that does not run. */
export interface ViewMount {
  /** Absolute, in the container. */
  readonly destination: string;
  /** On the machine, in the view's mount namespace. */
  readonly source: string;
  /** Whether an empty file stands there while the source is missing. */
  readonly isAlwaysThere: boolean;
}

export interface ViewSource {
  readonly rootfs: Rootfs;
  /** The container's process, whose own mounts are shown; null where it does not run. */
  readonly running: KnownProcess | null;
  /**
   * The mount namespace of another view of the same container; null where there is none. An overlay that is mounted a second time makes
   * its work directory anew, and nothing can be written by the first mount any more: so they share one.
   */
  readonly beside: number | null;
  /** A process in a user namespace with the host's map. */
  readonly hostPid: number;
  /** The host's root on the machine. */
  readonly uidBase: number;
  /** Where the engine mounts something, in this order. */
  readonly places: readonly string[];
  /** Mounts for a container that does not run what is to be at these places, as a start would: called in the view's mount namespace. */
  readonly stage: () => readonly ViewMount[];
}

/**
 * Until it is disposed of, and until whoever works in it is done. The last of a mount namespace waits for the kernel: who can wait too
 * lets the loop go on meanwhile.
 */
interface Opened extends Disposable, AsyncDisposable {
  /** A descriptor of its mount namespace. */
  readonly mounts: number;
}

function opened(mounts: number): Opened {
  return {
    mounts,
    [Symbol.dispose]: () => fs.closeSync(mounts),
    [Symbol.asyncDispose]: () => new Promise((resolve) => fs.close(mounts, () => resolve())),
  };
}

/** In its mount namespace it is at `root`. */
export interface View extends Opened {
  readonly root: string;
}

/**
 * Opens a view and calls `look` with a descriptor of its root, by which it may be looked into from here; nothing may be changed
 * by that. Takes some milliseconds, and blocks. `look` must not await. Throws unavailable where the container has just ended.
 */
export function openView<T>(source: ViewSource, look: (root: number) => T): { readonly view: View; readonly seen: T } {
  const { rootfs: root } = source.rootfs.stage;
  const { mounts, seen } = insideNewMountNamespace(() => {
    if (source.running) showRunning(source, source.running, root);
    else showStopped(source, root);
    return withDirectory(root, (fd) => ({ seen: look(fd), mounts: holdMounts() }));
  });
  return { view: { ...opened(mounts), root }, seen };
}

/** The same where nothing of a host's is, for who makes a layer: all belongs to root, as in the layers below. */
export function openOwnView(rootfs: Rootfs): View {
  const mounts = insideNewMountNamespace(() => {
    mountTree(rootfs, null);
    return holdMounts();
  });
  return { ...opened(mounts), root: rootfs.stage.rootfs };
}

/** What a container has changed of its image, and its image's tree, both as directories of a mount namespace. */
export interface Layers extends Opened {
  /** The upper directory of the container's overlay, which it may be writing to. */
  readonly own: string;
  /** All below it, read-only. */
  readonly image: string;
}

/** Opens the container's own layer beside its image, whether it runs or not. Takes some milliseconds, and blocks. */
export function openLayers({ rootfs, hostPid }: Pick<ViewSource, 'rootfs' | 'hostPid'>): Layers {
  const mounts = insideNewMountNamespace(() => {
    closing(fs.openSync(`/proc/${hostPid}/ns/user`, 'r'), (userns) => showLayers(rootfs, userns));
    mountImage(rootfs, rootfs.stage.rootfs);
    return holdMounts();
  });
  const { rootfs: image } = rootfs.stage;
  return { ...opened(mounts), own: `${rootfs.directory}/upper`, image };
}

function withDirectory<T>(path: string, act: (fd: number) => T): T {
  const fd = openInView(here, path);
  return closing(fd, act);
}

function closing<T>(fd: number, act: (fd: number) => T): T {
  try {
    return act(fd);
  } finally {
    fs.closeSync(fd);
  }
}

interface Cloned {
  readonly destination: string;
  readonly mount: number;
}

/** A copy of the mount that the open file `fd` is in, from that file on down, in which device nodes do not work. The caller closes it. */
function clone(fd: number): number {
  const mount = cloneTree(fd, { recursive: false });
  try {
    limitTree(mount, { readOnly: 'no', noDevices: true });
    return mount;
  } catch (error) {
    fs.closeSync(mount);
    throw error;
  }
}

/** The mounts are taken out of the container's own namespace, so that they are what its processes see. */
function showRunning({ places }: ViewSource, process: KnownProcess, root: string): void {
  const cloned: Cloned[] = [];
  try {
    insideMountsOf(process.pid, () =>
      closing(openThreadRoot(), (there) => {
        cloned.push({ destination: '/', mount: clone(there) });
        for (const destination of places) {
          const mount = ifThere(() => closing(openInView(there, destination), clone));
          if (mount !== null) cloned.push({ destination, mount });
        }
      }),
    );
    const [whole, ...others] = cloned.filter(({ mount }) => isPlain(mount));
    // Its number may have gone to another process before its namespace was entered.
    if (whole?.destination !== '/' || !isAlive(process.pid, process.startTicks))
      throw new EngineError('unavailable', 'the container has just ended; try again');
    withDirectory(root, (place) => attachMount(whole.mount, place));
    withDirectory(root, (fd) => {
      for (const { destination, mount } of others)
        ifThere(() => closing(openInView(fd, destination), (place) => attachMount(mount, place)));
    });
  } finally {
    for (const { mount } of cloned) fs.closeSync(mount);
  }
}

function showStopped({ rootfs, beside, hostPid, uidBase, stage }: ViewSource, root: string): void {
  if (beside === null) closing(fs.openSync(`/proc/${hostPid}/ns/user`, 'r'), (userns) => mountTree(rootfs, userns));
  else {
    const shared = insideMountsAt(beside, () => withDirectory(root, clone));
    closing(shared, () => withDirectory(root, (place) => attachMount(shared, place)));
  }
  const mounts = stage();
  withDirectory(root, (fd) => {
    for (const mount of mounts) attachStaged(fd, mount, uidBase);
  });
}

function attachStaged(root: number, { destination, source, isAlwaysThere }: ViewMount, owner: number): void {
  const mount = ifThere(() => withDirectory(source, clone));
  if (mount === null) {
    if (isAlwaysThere) ifThere(() => fs.closeSync(openPlace(root, destination, { isDirectory: false, owner })));
    return;
  }
  closing(mount, () => {
    if (!isPlain(mount)) return;
    const isDirectory = fs.fstatSync(mount).isDirectory();
    ifThere(() => closing(openPlace(root, destination, { isDirectory, owner }), (place) => attachMount(mount, place)));
  });
}

/** What is missing, or a file where the other is a directory: the container has been started with something else, or never. */
const absent = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL', 'EEXIST'];

function ifThere<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (absent.includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
