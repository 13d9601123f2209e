// A container's root file system: its image's layers through the host's IDs, its own layer on top.

import fs from 'node:fs';
import path from 'node:path';
import { EngineError } from '../errors.ts';
import { makeDirectory } from '../kernel/directories.ts';
import { mountOverlay, mountReadOnly } from '../kernel/mounts.ts';
import { readBeneath } from '../kernel/safe-read.ts';
import type { UserFiles } from './users.ts';

export interface Rootfs {
  /** All unpacked layers, owned by root. */
  readonly layersDirectory: string;
  /** Names in `layersDirectory`, base first. */
  readonly layers: readonly string[];
  /** Has `upper` and `work`, owned by the host's root. */
  readonly directory: string;
  readonly stage: Stage;
}

/**
 * The mount points that every start uses, each start in a mount namespace of its own. They are the only paths that the
 * OCI runtime, in the host's user namespace, has to reach: everything else of ours may stay closed to it.
 */
export interface Stage {
  readonly layers: string;
  readonly rootfs: string;
  readonly devices: string;
  readonly terminals: string;
  readonly etc: string;
  readonly guest: string;
  /** The lower directory of an image that has no layers: overlayfs wants one. */
  readonly empty: string;
}

/** Short names: the overlay's options, a path for each layer, must fit a page. */
export function stageIn(runDirectory: string): Stage {
  return {
    layers: `${runDirectory}/l`,
    rootfs: `${runDirectory}/rootfs`,
    devices: `${runDirectory}/dev`,
    terminals: `${runDirectory}/pts`,
    etc: `${runDirectory}/etc`,
    guest: `${runDirectory}/guest`,
    empty: `${runDirectory}/empty`,
  };
}

/** Makes `upper` and `work` for a new container. */
export function createOwnLayer(directory: string, uidBase: number): void {
  makeDirectory(path.dirname(directory), 0o700);
  makeDirectory(directory, 0o700);
  for (const name of ['upper', 'work']) {
    fs.mkdirSync(`${directory}/${name}`, { mode: 0o755 });
    fs.chownSync(`${directory}/${name}`, uidBase, uidBase);
  }
}

/** Mounts the tree; only inside `insideNewMountNamespace`. `userns` is a descriptor of a namespace with the host's map. */
export function mountRootfs(rootfs: Rootfs, userns: number): void {
  const { layers, rootfs: merged } = rootfs.stage;
  mountReadOnly(rootfs.layersDirectory, layers, userns);
  mountOverlay(
    {
      lower: rootfs.layers.length > 0 ? rootfs.layers.map((name) => `${layers}/${name}`) : [rootfs.stage.empty],
      upper: `${rootfs.directory}/upper`,
      work: `${rootfs.directory}/work`,
    },
    merged,
  );
  refuseLinks(merged);
}

/**
 * CVE-2026-47766 and its like: an OCI runtime that mounts on a link writes where the link leads. A link, or anything else
 * that is no directory, is refused before the runtime sees it.
 */
function refuseLinks(merged: string): void {
  for (const name of ['dev', 'proc', 'sys', 'etc']) {
    const found = fs.lstatSync(`${merged}/${name}`, { throwIfNoEntry: false });
    if (found && !found.isDirectory()) {
      const what = found.isSymbolicLink() ? 'a symbolic link' : 'not a directory';
      throw new EngineError('invalid', `/${name} of the image is ${what}; a container needs a directory there`);
    }
  }
}

/** What `--user` is looked up in. `root` is the merged tree, or `/proc/PID/root` of a running container. */
export function userFilesOf(root: string): UserFiles {
  const maxBytes = 64 * 1024;
  return { passwd: readBeneath(root, 'etc/passwd', maxBytes), group: readBeneath(root, 'etc/group', maxBytes) };
}
