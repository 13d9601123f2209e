// What a container has changed of its image: `docker diff`. Its own layer is walked, an overlay's upper directory that the container may
// be writing to, and each entry compared with what the image has. Blocks: for worker threads.

import fs, { type BigIntStats } from 'node:fs';
import { openDirectory, pathOf } from '../kernel/beneath.ts';
import { attributesOf } from '../kernel/inodes.ts';
import { overlayOpaque } from '../store/archive.ts';
import { isMountPoint } from './mount-points.ts';

export const changeKind = { modified: 0, added: 1, deleted: 2 } as const;

export interface Change {
  /** Absolute, in the container. */
  readonly Path: string;
  readonly Kind: (typeof changeKind)[keyof typeof changeKind];
}

interface Directory {
  /** Bytes, one a character, without a slash in front; empty for the root. */
  readonly path: string;
  /** Whether the image has it too; else all in it is new. */
  readonly inImage: boolean;
  /** Hides what the image has in it. */
  readonly hides: boolean;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/**
 * The changes, a directory's before those in it. `own` and `image` are descriptors of the container's own layer and of its image's
 * whole tree, the caller's to close.
 */
export function* changesOf(own: number, image: number): Generator<Change> {
  yield* within(own, image, { path: '', inImage: true, hides: false }, () => []);
}

/** `parents` gives once what is to be told of the directories above: those that changed only by what is in them. */
function* within(own: number, image: number, directory: Directory, parents: () => Change[]): Generator<Change> {
  const names = namesIn(own, directory.path);
  const told = function* (change: Change): Generator<Change> {
    yield* parents();
    yield change;
  };
  for (const name of names) {
    const path = directory.path === '' ? name : `${directory.path}/${name}`;
    const mine = look(own, directory.path, name);
    if (!mine) continue;
    const theirs = directory.inImage && !directory.hides ? look(image, directory.path, name) : null;
    if (mine.isCharacterDevice() && mine.rdev === 0n) {
      if (theirs) yield* told(change(path, 'deleted'));
    } else if (mine.isDirectory()) {
      const wasDirectory = theirs?.isDirectory() === true || isMountPoint(path);
      const kind = theirs || wasDirectory ? 'modified' : 'added';
      let isTold = false;
      const self = (): Change[] => {
        if (isTold) return [];
        isTold = true;
        return [...parents(), change(path, kind)];
      };
      if (!wasDirectory || (theirs && differs(mine, theirs))) yield* self();
      yield* within(own, image, { path, inImage: wasDirectory, hides: wasDirectory && isOpaque(own, path) }, self);
    } else if (!isMountPoint(path) && (!theirs || differs(mine, theirs)))
      yield* told(change(path, theirs ? 'modified' : 'added'));
  }
  if (!directory.hides) return;
  const kept = new Set(names);
  for (const name of namesIn(image, directory.path))
    if (!kept.has(name)) yield* told(change(`${directory.path}/${name}`, 'deleted'));
}

function change(path: string, kind: keyof typeof changeKind): Change {
  return { Path: `/${bytes(path).toString('utf8')}`, Kind: changeKind[kind] };
}

function inDirectory<T>(root: number, path: string, act: (fd: number) => T): T | null {
  let fd = -1;
  try {
    fd = openDirectory(root, bytes(path));
    return act(fd);
  } catch (error) {
    // Gone meanwhile, or something else by now.
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  } finally {
    if (fd >= 0) fs.closeSync(fd);
  }
}

function namesIn(root: number, path: string): string[] {
  return inDirectory(root, path, (fd) => fs.readdirSync(pathOf(fd), { encoding: 'latin1' }).sort()) ?? [];
}

function look(root: number, directory: string, name: string): BigIntStats | null {
  return inDirectory(
    root,
    directory,
    (fd) => fs.lstatSync(bytes(`${pathOf(fd)}/${name}`), { bigint: true, throwIfNoEntry: false }) ?? null,
  );
}

function isOpaque(root: number, path: string): boolean {
  const opened = (place: number): boolean => {
    const fd = fs.openSync(`${pathOf(place)}/.`, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    try {
      return attributesOf(fd, (name) => name === overlayOpaque.name).length > 0;
    } finally {
      fs.closeSync(fd);
    }
  };
  return inDirectory(root, path, opened) ?? false;
}

/** As moby compares: of a directory neither size nor time. */
function differs(mine: BigIntStats, theirs: BigIntStats): boolean {
  if (mine.mode !== theirs.mode || mine.uid !== theirs.uid || mine.gid !== theirs.gid) return true;
  return !mine.isDirectory() && (mine.size !== theirs.size || mine.mtimeNs !== theirs.mtimeNs);
}
