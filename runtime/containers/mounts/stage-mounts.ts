// A start of a container mounts what it binds, its volumes and its images where the OCI runtime finds them: each is resolved once, to
// a descriptor, and mounted by that. Nothing is done for a container that has no mounts.

import fs from 'node:fs';
import { at, EngineError } from '../../errors.ts';
import { openWithin } from '../../kernel/beneath.ts';
import { SystemCallError } from '../../kernel/libc.ts';
import { countMounts, mountPointsBelow } from '../../kernel/mount-table.ts';
import { mountFileTmpfs } from '../../kernel/mounts.ts';
import { insideMountsOf } from '../../kernel/namespaces.ts';
import { attachTree, cloneTree, limitTree, type TreeLimits } from '../../kernel/trees.ts';
import { isOfKernel, View } from '../../kernel/view.ts';
import { maxCopiedMounts, maxMountTableBytes } from '../../limits.ts';
import type { SpecMount } from '../../oci/spec.ts';
import { mountImage, placeIn } from '../../processes/rootfs.ts';
import { isTmpfs, tmpfsPlanOf } from '../../volumes/local-options.ts';
import type { Container } from '../container.ts';
import { stageSharedMemory } from '../shared-memory.ts';
import { openBindSource } from './bind-source.ts';
import { inMountOrder, type MountPoint } from './mount-point.ts';
import { stageStepMounts } from './step-mounts.ts';

/** A mount that is copied and mounted nowhere yet. */
interface Tree {
  readonly fd: number;
  readonly isDirectory: boolean;
}

/** Closes the descriptors that it was given. */
class Descriptors implements Disposable {
  readonly #held: number[] = [];

  hold(fd: number): number {
    this.#held.push(fd);
    return fd;
  }
  [Symbol.dispose](): void {
    for (const fd of this.#held) fs.closeSync(fd);
  }
}

/**
 * Mounts them in this thread's mount namespace; only inside `insideNewMountNamespace`. What the OCI runtime is to mount in the
 * container, in this order, with the tmpfs that `--tmpfs` asked for. Throws invalid, refused.
 */
export function stageMounts(container: Container): SpecMount[] {
  const { mounts, hostConfig } = container.record;
  const tmpfs = Object.entries(hostConfig.Tmpfs).map(([destination, options]) => tmpfsMount(destination, options));
  const memory = stageSharedMemory(container, () => placeIn(container.host.engine.stage, mounts.length, true));
  const ofStep = stageStepMounts(container, mounts.length + 1);
  if (mounts.length === 0) return inMountOrder([...memory, ...ofStep, ...tmpfs]);
  using held = new Descriptors();
  const trees = treesOf(container, mounts, held);
  const staged = mounts.flatMap((point, index): SpecMount[] => {
    if (point.type === 'tmpfs') return [tmpfsMount(point.destination, point.options)];
    const tree = trees.get(point);
    const source = placeIn(container.host.engine.stage, index, tree?.isDirectory ?? true);
    if (tree) attachTree(tree.fd, source);
    else stageNew(container, point, source, held);
    const options = ['rbind', point.propagation || 'rprivate'];
    return [{ destination: point.destination, type: 'bind', source, options, isPart: false }];
  });
  return inMountOrder([...memory, ...staged, ...partsOf(container, staged), ...tmpfs]);
}

/**
 * What is mounted below the binds, each by itself: crun 1.8 leaves that out for a container with a user namespace. Then a bind of
 * /proc would show what the host's own /proc hides.
 */
function partsOf({ host, record }: Container, staged: readonly SpecMount[]): SpecMount[] {
  if (!record.mounts.some(({ type, topOnly }) => type === 'bind' && !topOnly)) return [];
  const places = mountPointsBelow(host.engine.stage.mounts);
  return staged.flatMap((mount) =>
    places
      .filter((place) => place.startsWith(`${mount.source}/`))
      .map((place) => {
        const destination = `${mount.destination}${place.slice(mount.source.length)}`;
        return { ...mount, destination, source: place, isPart: true };
      }),
  );
}

function tmpfsMount(destination: string, options: string): SpecMount {
  return { destination, type: 'tmpfs', source: 'tmpfs', options: options.split(',').filter(Boolean), isPart: false };
}

/** The copies of what is mounted somewhere already. Not of images, and not of a tmpfs that no other container has mounted. */
function treesOf(container: Container, mounts: readonly MountPoint[], held: Descriptors): Map<MountPoint, Tree> {
  const { host } = container;
  const trees = new Map<MountPoint, Tree>();
  const copy = (point: MountPoint, fd: number, limits: TreeLimits): void => {
    const tree = held.hold(cloneTree(fd, { recursive: point.type === 'bind' && !point.topOnly }));
    limitTree(tree, limits);
    trees.set(point, { fd: tree, isDirectory: fs.fstatSync(fd).isDirectory() });
  };
  const binds = mounts.filter(({ type }) => type === 'bind');
  if (binds.length > 0) {
    const all = binds.filter(({ topOnly }) => !topOnly).length;
    if (all * countMounts(host.record.pid, maxMountTableBytes) > maxCopiedMounts)
      throw new EngineError(
        'exhausted',
        'this host has so many mounts that its directories cannot be mounted in a container with all that is mounted below: unmount some of them, or mount fewer',
      );
    using view = new View(host.record);
    const sources = binds.map((point) => [point, held.hold(openBindSource(host, view, point))] as const);
    insideMountsOf(host.record.pid, () => {
      for (const [point, fd] of sources)
        explain(point, () => copy(point, fd, { readOnly: point.readOnly, noDevices: false }));
    });
  }
  for (const point of mounts) {
    if (point.type !== 'volume') continue;
    const record = host.volumes.find(point.name);
    const limits = { readOnly: point.readOnly, noDevices: true } as const;
    if (!isTmpfs(record.options)) copy(point, openPart(host.volumes.open(point.name), point, held), limits);
    else copyTmpfs(container, point, (fd) => copy(point, openPart(fd, point, held), limits));
  }
  return trees;
}

/** The part of a volume or an image that is mounted; `fd` is held from here on. No link leads out of it. */
function openPart(fd: number, { subpath, name }: MountPoint, held: Descriptors): number {
  held.hold(fd);
  if (subpath === '') return fd;
  try {
    return held.hold(openWithin(fd, subpath));
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    const why = error.code === 'ENOENT' ? 'no such file or directory' : 'it leads out';
    throw new EngineError('invalid', `cannot access path ${subpath} of ${name}: ${why}`, { cause: error });
  }
}

/** Calls `copy` with what the first running container has of that tmpfs, where there is one. */
function copyTmpfs(container: Container, { name }: MountPoint, copy: (fd: number) => void): void {
  for (const other of container.host.containers.values()) {
    if (other === container || !other.running) continue;
    const its = other.record.mounts.find((point) => point.type === 'volume' && point.name === name && !point.subpath);
    if (!its) continue;
    const { machinePid: pid, startTicks } = other.state;
    using view = new View({ pid, startTicks });
    const fd = view.open(its.destination);
    if (isOfKernel(fd)) {
      fs.closeSync(fd); // somebody has mounted that over it
      continue;
    }
    insideMountsOf(pid, () => copy(fd));
    return;
  }
}

/** Mounts on `place` what is for this container alone: an image, a tmpfs that nobody else has. */
function stageNew(container: Container, point: MountPoint, place: string, held: Descriptors): void {
  const { host } = container;
  let { readOnly } = point;
  if (point.type === 'image') {
    const { layers } = host.images.resolve(point.source);
    mountImage({ layers, stage: host.engine.stage }, place);
  } else {
    const plan = tmpfsPlanOf(host.volumes.find(point.name).options, host.record.uidBase);
    mountFileTmpfs(place, plan.options, plan);
    if (plan.readOnly) readOnly = 'all';
  }
  const root = fs.openSync(place, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  const tree = held.hold(cloneTree(openPart(root, point, held), { recursive: false }));
  limitTree(tree, { readOnly, noDevices: true });
  attachTree(tree, place);
}

/** In words for whom it belongs to. */
function explain(point: MountPoint, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw at(`bind mount source ${point.source}`, error);
  }
}
