// The first use of a volume: while it is empty, what the image has at its place is copied into it, with owners and modes.
//
// The copy is made beside the volume, where no container reaches, and its parts are moved in by descriptors: a container that has the
// volume already may put links wherever it likes, and none of them is followed.

import fs from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { EngineError } from '../../errors.ts';
import { openInRoot, pathOf, renameInto } from '../../kernel/beneath.ts';
import { copyTree } from '../../kernel/copy-tree.ts';
import { SystemCallError } from '../../kernel/libc.ts';
import { attachTree, cloneTree } from '../../kernel/trees.ts';
import { mountImage, placeIn, showLayers } from '../../processes/rootfs.ts';
import { isTmpfs } from '../../volumes/local-options.ts';
import type { Container } from '../container.ts';
import type { MountPoint } from './mount-point.ts';

/** Entries that are moved before others have the loop: about 1 ms. */
const atOnce = 100;

/** Throws refused (a volume on a file), noSpace. */
export async function fillVolumes(container: Container): Promise<void> {
  const { host, record } = container;
  for (const point of record.mounts) {
    if (!point.copies || isTmpfs(host.volumes.find(point.name).options)) continue;
    await host.volumes.whileFilling(point.name, () => fill(container, point));
  }
}

function isEmpty(fd: number): boolean {
  const directory = fs.opendirSync(pathOf(fd));
  try {
    return directory.readSync() === null;
  } finally {
    directory.closeSync();
  }
}

async function fill(container: Container, point: MountPoint): Promise<void> {
  const { volumes } = container.host;
  const volume = volumes.open(point.name);
  try {
    // A part of a volume is there because somebody has put it there.
    if (point.subpath !== '' || !isEmpty(volume)) return;
    await using staging = volumes.stagingFor(point.name);
    if (!(await copyImage(container, point.destination, staging.path))) return;
    const from = fs.openSync(staging.path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    try {
      await moveInto(from, volume);
    } finally {
      fs.closeSync(from);
    }
  } finally {
    fs.closeSync(volume);
  }
}

/** Copies what the image has at `destination` to `to`. False where it has nothing there. */
async function copyImage({ host, record }: Container, destination: string, to: string): Promise<boolean> {
  const { images, stage } = host.engine;
  const { layers } = host.images.resolve(record.imageId);
  const from = placeIn(stage, 0, true);
  return await copyTree({
    from,
    to,
    group: host.group,
    prepare: () => {
      const userns = fs.openSync(`/proc/${host.record.pid}/ns/user`, 'r');
      try {
        showLayers({ layersDirectory: images.layersDirectory, stage }, userns);
      } finally {
        fs.closeSync(userns);
      }
      mountImage({ layers, stage }, stage.rootfs);
      const root = fs.openSync(stage.rootfs, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      try {
        return attachPart(root, destination, from);
      } finally {
        fs.closeSync(root);
      }
    },
  });
}

/** Mounts on `place` what is at `destination` below `root`. False where there is nothing. */
function attachPart(root: number, destination: string, place: string): boolean {
  let part: number;
  try {
    part = openInRoot(root, destination);
  } catch (error) {
    if (error instanceof SystemCallError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return false;
    throw error;
  }
  try {
    if (!fs.fstatSync(part).isDirectory())
      throw new EngineError('refused', `cannot mount volume over existing file, file exists ${destination}`);
    const tree = cloneTree(part, { recursive: false });
    try {
      attachTree(tree, place);
    } finally {
      fs.closeSync(tree);
    }
    return true;
  } finally {
    fs.closeSync(part);
  }
}

/** Moves each entry; one whose name is taken meanwhile is left out. */
async function moveInto(from: number, to: number): Promise<void> {
  const { uid, gid, mode } = fs.fstatSync(from);
  let moved = 0;
  for (const name of fs.readdirSync(pathOf(from))) {
    try {
      renameInto(from, name, to, name);
    } catch (error) {
      if (!(error instanceof SystemCallError) || error.code !== 'EEXIST') throw error;
    }
    if (++moved % atOnce === 0) await breathe();
  }
  fs.chownSync(pathOf(to), uid, gid);
  fs.chmodSync(pathOf(to), mode & 0o7777);
}
