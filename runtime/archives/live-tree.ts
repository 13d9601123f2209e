// Writes into a directory that a container may be changing, from names that nobody may trust. Links on the way are followed below that
// directory (below.ts); the last part of a path is never followed, and what was made is held by a descriptor while it gets its owner and
// mode. All calls block: for worker threads.

import fs, { type Stats } from 'node:fs';
import { EngineError } from '../errors.ts';
import { pathOf } from '../kernel/beneath.ts';
import { fileType, makeNode, setAttributeOf } from '../kernel/inodes.ts';
import { idsPerHost } from '../kernel/user-namespace.ts';
import { maxFolderDepth } from '../limits.ts';
import type { Attributes } from '../store/tree.ts';
import { Below } from './below.ts';
import { copyFailure } from './failure.ts';
import { removeHeld } from './remove-held.ts';
import type { Room } from './room.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants;
/** asm-generic/fcntl.h; Node has no name for it. */
const O_PATH = 0o10000000;
/** Of a directory: what is made in it has its group. */
const S_ISGID = 0o2000;

/** Owner and mode of directories that an archive does not tell of, as in moby. */
const impliedMode = 0o755;

export interface LiveTreeOptions {
  /** A directory of the view, absolute. */
  readonly directory: string;
  /** The host's root on the machine. */
  readonly uidBase: number;
  /** Says that no directory takes the place of something else, nor something else that of a directory. Null: it is replaced. */
  readonly refusal: ((inTheWay: InTheWay) => EngineError) | null;
  /** The time that directories get in the end which are written into, and for which no other is told; the kernel's where it is left out. */
  readonly writtenAt?: Date | null;
  /** Of a tree that becomes a layer as it is: what may be written, and times are those of an archive. */
  readonly layer?: Room;
}

/** What is where something of another kind is to be. */
export interface InTheWay {
  readonly isDirectory: boolean;
  /** Below the tree's directory. */
  readonly path: string;
}

/** A place below the directory: an open directory, and a name in it. Good until the tree's next call. */
interface Place {
  readonly path: string;
  readonly existing: Stats | undefined;
}

export class LiveTree {
  readonly #below: Below;
  readonly #options: LiveTreeOptions;
  /** The directory that was written to last: neighbours in an archive cost no walk. */
  #last: { readonly path: string; readonly fd: number; readonly isGroupInherited: boolean } | null = null;
  readonly #written = new Set<string>();
  /** Of directories, by their paths. */
  readonly #times = new Map<string, Date>();
  /** Directories that are whole: what is written into them later changes their time. */
  readonly #whole = new Set<string>();

  /** `root` is a descriptor of the view's root, and is the caller's to close. Throws SystemCallError where the directory is not there. */
  constructor(root: number, options: LiveTreeOptions) {
    this.#below = new Below(root, options.directory);
    this.#options = options;
  }

  [Symbol.dispose](): void {
    if (this.#last) fs.closeSync(this.#last.fd);
    this.#last = null;
    this.#below[Symbol.dispose]();
  }

  directory(parts: readonly string[], attributes: Attributes): void {
    const place = this.#place(parts, 'directory');
    if (!place.existing?.isDirectory()) fs.mkdirSync(place.path, 0o700);
    const fd = fs.openSync(place.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      if (place.existing?.isDirectory()) this.#checkOwn(fd);
      this.#give(fd, attributes);
    } finally {
      fs.closeSync(fd);
    }
    this.#times.set(parts.join('/'), attributes.mtime);
  }

  /** A directory that is whole gets this time in the end, unless something more is written into it. */
  finishDirectory(parts: readonly string[], mtime: Date): void {
    const path = parts.join('/');
    this.#times.set(path, mtime);
    this.#whole.add(path);
  }

  /** Makes an empty file and opens it for writing. The caller ends it with `finishFile`, or closes it, before its next call. */
  startFile(parts: readonly string[]): number {
    const path = this.#parent(parts);
    const create = (): number => fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      return create();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      this.#clear(path, parts, 'file');
      return create();
    }
  }

  /** Appends to a file that `startFile` made. */
  write(fd: number, bytes: Uint8Array): void {
    this.#options.layer?.take(bytes.length);
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
  }

  finishFile(fd: number, attributes: Attributes): void {
    this.#give(fd, attributes, this.#isRoots(attributes));
    const mtime = this.#timeOf(attributes.mtime);
    fs.futimesSync(fd, mtime, mtime);
    fs.closeSync(fd);
  }

  symbolicLink(parts: readonly string[], target: string, { uid, gid, mtime }: Attributes): void {
    const { path } = this.#place(parts, 'file');
    fs.symlinkSync(target, path);
    fs.lchownSync(path, this.#idOf(uid), this.#idOf(gid));
    fs.lutimesSync(path, this.#timeOf(mtime), this.#timeOf(mtime));
  }

  /** Another name for something that is there, below the directory as all names are. */
  hardLink(parts: readonly string[], target: readonly string[]): void {
    const last = target.at(-1);
    if (last === undefined) throw new EngineError('invalid', 'it links to the directory itself');
    // Its own descriptor, for the walk to the new name may close the tree's.
    const parent = this.#below.open(target.slice(0, -1).join('/'), null);
    try {
      const { path } = this.#place(parts, 'file');
      fs.linkSync(`${pathOf(parent)}/${last}`, path);
    } finally {
      fs.closeSync(parent);
    }
  }

  fifo(parts: readonly string[], { mode, uid, gid, mtime }: Attributes): void {
    const { path } = this.#place(parts, 'file');
    makeNode(path, fileType.fifo | 0o600, 0n);
    const fd = fs.openSync(path, O_PATH | O_NOFOLLOW);
    try {
      // By its descriptor, and only where it is still the FIFO: a link in its place must not be followed.
      if (!fs.fstatSync(fd).isFIFO()) return;
      fs.chownSync(pathOf(fd), this.#idOf(uid), this.#idOf(gid));
      fs.chmodSync(pathOf(fd), mode);
    } finally {
      fs.closeSync(fd);
    }
    fs.lutimesSync(path, this.#timeOf(mtime), this.#timeOf(mtime));
  }

  /** Gives directories their times, which writing into them has changed. */
  finish(): void {
    const { writtenAt } = this.#options;
    if (writtenAt) for (const path of [...this.#written]) this.#giveTime(path, writtenAt);
    for (const [path, mtime] of this.#times) this.#giveTime(path, mtime);
  }

  #giveTime(path: string, mtime: Date): void {
    try {
      fs.utimesSync(`${pathOf(this.#enter(path))}/.`, this.#timeOf(mtime), this.#timeOf(mtime));
    } catch {
      // It is gone, or something else, by now.
    }
  }

  /** Whether a file that was just made has these owners as it is. */
  #isRoots({ uid, gid }: Attributes): boolean {
    return this.#idOf(uid) === 0 && this.#idOf(gid) === 0 && this.#last?.isGroupInherited === false;
  }

  /** In this order: a change of owner takes set-user-ID and capabilities away. */
  #give(fd: number, { mode, uid, gid, extended }: Attributes, isOwned = false): void {
    if (!isOwned) fs.fchownSync(fd, this.#idOf(uid), this.#idOf(gid));
    fs.fchmodSync(fd, mode);
    for (const [name, value] of extended) setAttributeOf(fd, name, value);
  }

  /**
   * Throws EACCES where the open directory `fd` is not one of the host's own, in which its root could write nothing either: this thread
   * is root of the machine, and a container may have the directory that holds its host's volumes as a bind mount.
   */
  #checkOwn(fd: number): Stats {
    const { uidBase } = this.#options;
    const isOwn = (id: number): boolean => id >= uidBase && id < uidBase + idsPerHost;
    const stats = fs.fstatSync(fd);
    if (!isOwn(stats.uid) || !isOwn(stats.gid)) throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
    return stats;
  }

  #timeOf(mtime: Date): Date | number {
    return this.#options.layer ? Math.floor(mtime.getTime() / 1000) : mtime;
  }

  #idOf(id: number): number {
    return this.#options.uidBase + id;
  }

  /** The path of what is to be made, by its directory's descriptor. */
  #parent(parts: readonly string[]): string {
    const name = parts.at(-1);
    if (name === undefined) throw new EngineError('invalid', 'it would replace the directory itself');
    this.#options.layer?.takeEntry();
    const above = parts.slice(0, -1).join('/');
    const parent = this.#enter(above);
    if (this.#options.writtenAt) this.#written.add(above);
    if (this.#whole.delete(above)) this.#times.delete(above);
    return `${pathOf(parent)}/${name}`;
  }

  /** The place where something is to be made: what is in its way is gone then, but for a directory where one is to be. */
  #place(parts: readonly string[], kind: 'file' | 'directory'): Place {
    const path = this.#parent(parts);
    return { path, existing: this.#clear(path, parts, kind) };
  }

  /** Gives the directory that stays. */
  #clear(path: string, parts: readonly string[], kind: 'file' | 'directory'): Stats | undefined {
    const existing = fs.lstatSync(path, { throwIfNoEntry: false });
    if (!existing) return undefined;
    const isDirectory = existing.isDirectory();
    const { refusal } = this.#options;
    if (refusal && isDirectory !== (kind === 'directory')) throw refusal({ isDirectory, path: parts.join('/') });
    if (isDirectory && kind === 'directory') return existing;
    try {
      removeHeld(path, isDirectory, { depth: maxFolderDepth, check: (fd) => void this.#checkOwn(fd) });
    } catch (error) {
      throw copyFailure(`RemoveAll ${parts.at(-1)}`, error);
    }
    return undefined;
  }

  /**
   * A descriptor of a directory, which is made where it is missing; the tree's, good until its next call. Throws as `#checkOwn`: whose
   * directory it is changes nobody but whose it is.
   */
  #enter(path: string): number {
    if (this.#last?.path === path) return this.#last.fd;
    const fd = this.#below.open(path, (parent, name) => this.#imply(parent, name));
    try {
      const { mode } = this.#checkOwn(fd);
      if (this.#last) fs.closeSync(this.#last.fd);
      this.#last = { path, fd, isGroupInherited: (mode & S_ISGID) !== 0 };
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    return fd;
  }

  /** Makes a directory that nobody has told of. */
  #imply(parent: number, name: string): void {
    this.#options.layer?.takeEntry();
    this.#checkOwn(parent);
    const place = `${pathOf(parent)}/${name}`;
    fs.mkdirSync(place, impliedMode);
    const fd = fs.openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      this.#give(fd, { mode: impliedMode, uid: 0, gid: 0, extended: [], mtime: new Date() });
    } finally {
      fs.closeSync(fd);
    }
  }
}
