// Writes a directory tree from names that nobody may trust. Every component is opened without following links, and each
// thing is made under its parent's descriptor, so nothing is written outside of the root, whatever the names say.

import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
  symlinkSync,
} from 'node:fs';
import { EngineError } from '../errors.ts';
import { fileType, makeNode, setAttribute } from '../kernel/inodes.ts';
import { overlayOpaque } from './archive.ts';

/** asm-generic/fcntl.h; Node has no name for it. Opens a place, not its content: no device or fifo is started by it. */
const openPath = 0o10000000;
const openDirectory = openPath | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Linux's PATH_MAX. Also bounds how many descriptors are open at once: one for each component. */
const maxNameBytes = 4096;

/** Owner, permissions and time of something to write. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Date;
  readonly extended: readonly (readonly [name: string, value: Buffer])[];
}

/** A place to write to: `path` goes through the descriptor of its parent and is good until the tree's next call. */
interface Place {
  readonly path: string;
  readonly existing: Stats | undefined;
}

export interface OpenFile {
  readonly fd: number;
  readonly path: string;
}

/** The components of a name in an archive. Throws invalid for one that climbs. `.` and the root give none. */
export function components(name: string): string[] {
  if (Buffer.byteLength(name) > maxNameBytes) throw new EngineError('invalid', 'its name is longer than 4096 bytes');
  if (name.includes('\0')) throw new EngineError('invalid', 'its name holds a NUL');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new EngineError('invalid', 'its name leads out of the archive');
  return parts;
}

/** A tree being written under `root`, an empty directory that nobody else writes to. All calls block: for worker threads. */
export class Tree {
  /** Open directories from the root down to the last one used, so that neighbours in an archive cost no walk. */
  readonly #open: { readonly name: string; readonly fd: number }[] = [];
  readonly #directoryTimes: { readonly parts: readonly string[]; readonly mtime: Date }[] = [];

  constructor(root: string) {
    this.#open.push({ name: '', fd: openSync(root, openDirectory) });
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#open.splice(0)) closeSync(fd);
  }

  directory(parts: readonly string[], attributes: Attributes): void {
    if (parts.length > 0) {
      const place = this.#place(parts);
      const hidden = isWhiteout(place.existing);
      if (place.existing && !place.existing.isDirectory()) clear(place);
      if (!place.existing?.isDirectory()) mkdirSync(place.path, 0o700);
      if (hidden) setAttribute(place.path, overlayOpaque.name, overlayOpaque.value);
    }
    const path = `/proc/self/fd/${this.#enter(parts, false)}/.`;
    lchownSync(path, attributes.uid, attributes.gid);
    chmodSync(path, attributes.mode);
    for (const [name, value] of attributes.extended) setAttribute(path, name, value);
    this.#directoryTimes.push({ parts, mtime: attributes.mtime });
  }

  /** Makes an empty file and opens it for writing. The caller ends it with `finishFile`, or closes it, before its next call. */
  startFile(parts: readonly string[]): OpenFile {
    const place = this.#place(parts);
    clear(place);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    return { fd: openSync(place.path, flags, 0o600), path: place.path };
  }

  finishFile(file: OpenFile, attributes: Attributes): void {
    // In this order: a change of owner takes set-user-ID and capabilities away.
    fchownSync(file.fd, attributes.uid, attributes.gid);
    fchmodSync(file.fd, attributes.mode);
    for (const [name, value] of attributes.extended) setAttribute(file.path, name, value);
    futimesSync(file.fd, attributes.mtime, attributes.mtime);
    closeSync(file.fd);
  }

  symbolicLink(parts: readonly string[], target: string, attributes: Attributes): void {
    const place = this.#place(parts);
    clear(place);
    symlinkSync(target, place.path);
    lchownSync(place.path, attributes.uid, attributes.gid);
    lutimesSync(place.path, attributes.mtime, attributes.mtime);
  }

  /** Another name for something of this tree. */
  hardLink(parts: readonly string[], target: readonly string[]): void {
    const last = target.at(-1);
    if (last === undefined) throw new EngineError('invalid', 'it links to the root');
    // The descriptor of the target's parent must outlive the walk to the new name.
    const parent = openSync(`/proc/self/fd/${this.#enter(target.slice(0, -1), false)}/.`, openDirectory);
    try {
      const source = `/proc/self/fd/${parent}/${last}`;
      if (!lstatSync(source, { throwIfNoEntry: false })) {
        throw new EngineError('invalid', `it links to "${target.join('/')}", which is not in the archive before it`);
      }
      const place = this.#place(parts);
      clear(place);
      linkSync(source, place.path);
    } finally {
      closeSync(parent);
    }
  }

  fifo(parts: readonly string[], attributes: Attributes): void {
    const place = this.#place(parts);
    clear(place);
    makeNode(place.path, fileType.fifo | 0o600, 0n);
    lchownSync(place.path, attributes.uid, attributes.gid);
    chmodSync(place.path, attributes.mode);
    lutimesSync(place.path, attributes.mtime, attributes.mtime);
  }

  /** Hides what the layers below have at this name. What this tree has there itself stays. */
  whiteout(parts: readonly string[]): void {
    const place = this.#place(parts);
    if (!place.existing) makeNode(place.path, fileType.character, 0n);
    else if (place.existing.isDirectory()) setAttribute(place.path, overlayOpaque.name, overlayOpaque.value);
  }

  /** Hides everything that the layers below have in this directory. */
  opaque(parts: readonly string[]): void {
    setAttribute(`/proc/self/fd/${this.#enter(parts, true)}/.`, overlayOpaque.name, overlayOpaque.value);
  }

  /** Gives directories their times, which writing into them has changed. */
  finish(): void {
    for (const { parts, mtime } of this.#directoryTimes) {
      const fd = this.#enter(parts, false, true);
      if (fd !== null) lutimesSync(`/proc/self/fd/${fd}/.`, mtime, mtime);
    }
  }

  #place(parts: readonly string[]): Place {
    const last = parts.at(-1);
    if (last === undefined) throw new EngineError('invalid', 'it would replace the root');
    const path = `/proc/self/fd/${this.#enter(parts.slice(0, -1), true)}/${last}`;
    return { path, existing: lstatSync(path, { throwIfNoEntry: false }) };
  }

  #leave(depth: number): void {
    for (const { fd } of this.#open.splice(depth)) closeSync(fd);
  }

  #enter(parts: readonly string[], create: boolean): number;
  #enter(parts: readonly string[], create: boolean, orNull: true): number | null;
  #enter(parts: readonly string[], create: boolean, orNull = false): number | null {
    let shared = 0;
    while (shared < parts.length && this.#open[shared + 1]?.name === parts[shared]) shared++;
    this.#leave(shared + 1);
    for (const part of parts.slice(shared)) {
      const path = `/proc/self/fd/${this.#top()}/${part}`;
      if (create) {
        const existing = lstatSync(path, { throwIfNoEntry: false });
        if (!existing) mkdirSync(path, 0o755);
      }
      try {
        this.#open.push({ name: part, fd: openSync(path, openDirectory) });
      } catch (error) {
        if (orNull) return null;
        throw new EngineError('invalid', `"${part}" in its path is not a directory of the archive`, { cause: error });
      }
    }
    return this.#top();
  }

  #top(): number {
    const top = this.#open.at(-1);
    if (!top) throw new EngineError('internal', 'the tree is closed');
    return top.fd;
  }
}

function isWhiteout(stat: Stats | undefined): boolean {
  return stat?.isCharacterDevice() === true && stat.rdev === 0;
}

/** Removes what is at the place. A directory's own descriptor is not open then: the walk to a place ends at its parent. */
function clear(place: Place): void {
  if (place.existing) rmSync(place.path, { recursive: true, force: true });
}
