// A container's root file system: its image's layers through the host's IDs, its own layer on top.

import fs from 'node:fs';
import path from 'node:path';
import { EngineError } from '../errors.ts';
import { makeDirectory } from '../kernel/directories.ts';
import { mountLowers, mountOverlay, mountReadOnly } from '../kernel/mounts.ts';
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
  /** As in `Overlay`; false where it is left out. */
  readonly isVolatile?: boolean;
}

/**
 * The mount points that every start uses, each in a mount namespace of its own. The OCI runtime, in the host's user namespace,
 * has to reach these paths only; all others of ours may stay closed to it.
 */
export interface Stage {
  /** All others are in it. */
  readonly directory: string;
  readonly layers: string;
  readonly rootfs: string;
  readonly devices: string;
  readonly terminals: string;
  /** The devpts file systems of a host's containers, in the mount namespace of its workspace's conmon. */
  readonly terminalPlaces: string;
  readonly etc: string;
  readonly guest: string;
  /** The host's volumes. */
  readonly volumes: string;
  /** Has a place for each mount that a container asks for: see `placeIn`. */
  readonly mounts: string;
  /** The lower directory of an image without layers: overlayfs needs one. */
  readonly empty: string;
}

/** Short names: the options of the overlay, with one path for each layer from here on, must fit 4 KiB. */
export function stageIn(runDirectory: string): Stage {
  return {
    directory: runDirectory,
    layers: `${runDirectory}/l`,
    rootfs: `${runDirectory}/rootfs`,
    devices: `${runDirectory}/dev`,
    terminals: `${runDirectory}/pts`,
    terminalPlaces: `${runDirectory}/p`,
    etc: `${runDirectory}/etc`,
    guest: `${runDirectory}/guest`,
    volumes: `${runDirectory}/v`,
    mounts: `${runDirectory}/m`,
    empty: `${runDirectory}/empty`,
  };
}

/** Where the mount number `index` of a container is staged: something of its kind, made where it is missing. */
export function placeIn(stage: Stage, index: number, isDirectory: boolean): string {
  const place = `${stage.mounts}/${isDirectory ? 'd' : 'f'}${index}`;
  if (isDirectory) makeDirectory(place, 0o700);
  else if (!fs.existsSync(place)) fs.writeFileSync(place, '', { mode: 0o600 });
  return place;
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
  mountTree(rootfs, userns);
  refuseLinks(rootfs.stage.rootfs);
}

/** The same for who starts nothing in it: whatever the image has where a container needs a directory. With null as owners are in the store. */
export function mountTree(rootfs: Rootfs, userns: number | null): void {
  showLayers(rootfs, userns);
  mountUnderOwn(rootfs, rootfs.stage.rootfs);
}

/** Mounts layers, which are shown already, and a layer of one's own on top of them. */
export function mountUnderOwn(rootfs: Omit<Rootfs, 'layersDirectory'>, place: string): void {
  const { layers, stage, directory: own, isVolatile = false } = rootfs;
  const lower = layers.length > 0 ? layers.map((name) => `${stage.layers}/${name}`) : [stage.empty];
  mountOverlay({ lower, from: stage.directory, own, isVolatile }, place);
}

/**
 * Shows on `place` what is in an image, to be read only. Only inside `insideNewMountNamespace`, where the layers are shown already by
 * `mountRootfs` or `showLayers`.
 */
export function mountImage({ layers, stage }: Pick<Rootfs, 'layers' | 'stage'>, place: string): void {
  // One directory alone is no overlay, nor is one that is named twice.
  const lower = layers.length > 0 ? layers.map((name) => `${stage.layers}/${name}`) : [stage.guest];
  mountLowers({ lower: [stage.empty, ...lower], from: stage.directory }, place);
}

/** Shows all layers through the host's IDs; only inside `insideNewMountNamespace`. `userns` is a descriptor of a namespace with its map. */
export function showLayers(
  { layersDirectory, stage }: Pick<Rootfs, 'layersDirectory' | 'stage'>,
  userns: number | null,
): void {
  mountReadOnly(layersDirectory, stage.layers, userns);
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

/** The files in which `--user` is looked up. `root` is the merged tree, or `/proc/PID/root` of a running container. */
export function userFilesOf(root: string): UserFiles {
  const maxBytes = 64 * 1024;
  return { passwd: readBeneath(root, 'etc/passwd', maxBytes), group: readBeneath(root, 'etc/group', maxBytes) };
}
