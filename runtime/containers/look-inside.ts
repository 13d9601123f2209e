// Looks at one file of a container, a volume or an image from outside, for whoever judges what a student has done: by descriptors, so that no link
// leads out, and without running anything. Costs a running container some system calls, a stopped one its mounts (milliseconds).

import fs from 'node:fs';
import { absolutePath } from '../archives/stat.ts';
import type { InsideEntry, InsidePlace } from '../client-inside.ts';
import { EngineError } from '../errors.ts';
import { openInView, openWithin, pathOf } from '../kernel/beneath.ts';
import { here } from '../kernel/mounts.ts';
import { insideNewMountNamespace } from '../kernel/namespaces.ts';
import { isPlain, View } from '../kernel/view.ts';
import { maxLookedFileBytes } from '../limits.ts';
import { mountImage, showLayers } from '../processes/rootfs.ts';
import type { Container, ContainerHost } from './container.ts';
import { openFiles } from './container-files.ts';

const { O_DIRECTORY, O_NONBLOCK, O_RDONLY } = fs.constants;

/** What is at a place: for a file that is small enough a descriptor to read it by, which the caller closes. */
interface Opened extends Pick<InsideEntry, 'type' | 'empty'> {
  readonly file: number | null;
}

function isEmpty(directory: number): boolean {
  const fd = fs.openSync(`${pathOf(directory)}/.`, O_RDONLY | O_DIRECTORY);
  try {
    const entries = fs.opendirSync(pathOf(fd));
    try {
      return entries.readSync() === null;
    } finally {
      entries.closeSync();
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** `place` is an O_PATH descriptor, which is closed. Throws forbidden. */
function opened(place: number): Opened {
  try {
    if (!isPlain(place)) throw new EngineError('forbidden', 'files of the kernel are not looked at from outside');
    const stats = fs.fstatSync(place);
    if (stats.isDirectory()) return { type: 'folder', empty: isEmpty(place), file: null };
    // A FIFO would wait for its other end, and a device does something.
    if (!stats.isFile()) return { type: 'other', empty: false, file: null };
    const isSmall = stats.size <= maxLookedFileBytes;
    return { type: 'file', empty: false, file: isSmall ? fs.openSync(pathOf(place), O_RDONLY | O_NONBLOCK) : null };
  } finally {
    fs.closeSync(place);
  }
}

/** Null where it has grown too large meanwhile. */
async function readSmall(fd: number): Promise<Uint8Array | null> {
  const bytes = Buffer.alloc(maxLookedFileBytes + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = await new Promise<number>((resolve, reject) =>
      fs.read(fd, bytes, length, bytes.length - length, null, (error, count) =>
        error ? reject(error) : resolve(count),
      ),
    );
    if (read === 0) return bytes.subarray(0, length);
    length += read;
  }
  return null;
}

function closeFile(of: Opened | null): void {
  if (of !== null && of.file !== null) fs.closeSync(of.file);
}

async function inContainer(container: Container, path: string): Promise<Opened> {
  const { state, running } = container;
  const absolute = absolutePath(path);
  if (running) {
    try {
      using view = new View({ pid: state.machinePid, startTicks: state.startTicks });
      return opened(view.open(absolute));
    } catch (error) {
      // Its process has just ended: it is there as one that does not run.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  const { signal } = new AbortController(); // it takes no time
  let seen: Opened | null = null;
  try {
    using files = await openFiles(container, { mounts: true, signal }, (root) => {
      seen = opened(openInView(root, absolute));
      return seen;
    });
    return files.seen;
  } catch (error) {
    closeFile(seen);
    throw error;
  }
}

function inVolume(host: ContainerHost, name: string, path: string): Opened {
  if (host.volumes.find(name).options !== null)
    throw new EngineError('notFound', `the volume ${name} is in memory: its files are in the containers that have it`);
  const root = host.volumes.open(name);
  try {
    return opened(openWithin(root, path === '' ? '.' : path));
  } finally {
    fs.closeSync(root);
  }
}

/** In all of its layers, as a container of it would see them. Takes some milliseconds, and blocks. */
function inImage(host: ContainerHost, name: string, path: string): Opened {
  const { engine, images, record } = host;
  const { stage } = engine;
  const layers = images.builds.layerNames(images.builds.base(name).diffIds);
  const userns = fs.openSync(`/proc/${record.pid}/ns/user`, 'r');
  try {
    return insideNewMountNamespace(() => {
      showLayers({ layersDirectory: engine.images.layersDirectory, stage }, userns);
      mountImage({ layers, stage }, stage.rootfs);
      const root = openInView(here, stage.rootfs);
      try {
        return opened(openInView(root, absolutePath(path)));
      } finally {
        fs.closeSync(root);
      }
    });
  } finally {
    fs.closeSync(userns);
  }
}

/** A system call's error about a path that a student made. */
function failure(path: string, error: unknown): unknown {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const shown = path.slice(0, 200);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new EngineError('notFound', `there is no ${shown}`, { cause: error });
  if (code === 'ELOOP' || code === 'EXDEV' || code === 'ENAMETOOLONG' || code === 'EACCES' || code === 'EPERM')
    return new EngineError('invalid', `${shown} leads over a link that is not followed`, { cause: error });
  return error;
}

/** See `HostInside.lookInside`. */
export async function lookInside(
  host: ContainerHost,
  { container, volume, image, path }: InsidePlace,
): Promise<InsideEntry> {
  if (path.includes('\0')) throw new EngineError('invalid', 'a path holds no NUL');
  try {
    const { file, ...entry } =
      container !== undefined
        ? await inContainer(namedContainer(host, container), path)
        : image !== undefined
          ? inImage(host, image, path)
          : inVolume(host, volume ?? '', path);
    if (file === null) return { ...entry, bytes: null };
    try {
      return { ...entry, bytes: await readSmall(file) };
    } finally {
      fs.closeSync(file);
    }
  } catch (error) {
    throw failure(path, error);
  }
}

/** By its whole name alone. Throws notFound. */
function namedContainer(host: ContainerHost, name: string): Container {
  const found = host.containers.values().find((container) => container.name === name);
  if (!found) throw new EngineError('notFound', `there is no container ${name.slice(0, 80)}`);
  return found;
}
