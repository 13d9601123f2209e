// Turns a directory that a container may be changing into a tar, piece by piece. Each directory is opened below the root that
// is given, and nothing in it by following a link: whatever is swapped meanwhile, nothing outside is read. Blocks: for
// worker threads.

import fs, { type BigIntStats } from 'node:fs';
import { openDirectory, pathOf } from '../kernel/beneath.ts';
import { attributesOf, removeAttributeOf } from '../kernel/inodes.ts';
import { SystemCallError } from '../kernel/libc.ts';
import { idsPerHost } from '../kernel/user-namespace.ts';
import {
  opaqueWhiteout,
  overlayOpaque,
  paxAttributePrefix,
  portableAttribute,
  whiteoutPrefix,
} from '../store/archive.ts';
import { padding, type TarEntry, tarHeader } from '../store/tar-header.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
/** Read at a time. */
const chunkBytes = 256 * 1024;
/** Whom a file belongs to that belongs to nobody in the host, as the kernel shows such owners (`overflowuid`). */
const nobody = 65_534;

export interface ReadOptions {
  /** The first of the host's UIDs and GIDs, which its root is. */
  readonly uidBase: number;
  /** What is read is the upper directory of an overlay: what hides something becomes what hides it in a layer. */
  readonly asLayer: boolean;
  /** Names, from the root that is read, that are left out with all below them; a directory's contents alone where it ends with a slash. */
  readonly leftOut: ReadonlySet<string>;
  /** What is read becomes a layer as it is: see `packOwnLayer`. */
  readonly finishing?: boolean;
}

/** Names and paths are bytes, one a character. */
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

export class TreeReader {
  readonly #root: number;
  readonly #options: ReadOptions;
  /** The first name of each file that has several. */
  readonly #names = new Map<string, string>();
  #bytes = 0;

  /** `root` is a descriptor of the directory that all paths begin at, and is the caller's to close. */
  constructor(root: number, options: ReadOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** What the files hold that were told. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What the root directory has under the name `own`, and all below it where it is a directory, called `name` in the archive. */
  *entry(own: string, name: string): Generator<Buffer> {
    if (yield* this.#one(this.#root, own, name, own)) yield* this.contents(own, name);
  }

  /** The directory `path` itself, called `name`, without what is in it. */
  *directory(path: string, name: string): Generator<Buffer> {
    const fd = openDirectory(this.#root, bytes(path));
    try {
      yield* this.#header(fd, fs.fstatSync(fd, { bigint: true }), name);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** All that is below the directory `path`, whose name in the archive is `name`; empty where it shall not be told. */
  *contents(path: string, name: string): Generator<Buffer> {
    const prefix = name === '' || name.endsWith('/') ? name : `${name}/`;
    // One descriptor at a time, however deep it goes: the directory is opened again after what is below it.
    let directory = this.#open(path);
    if (directory === null) return;
    try {
      for (const each of fs.readdirSync(pathOf(directory), { encoding: 'latin1' }).sort()) {
        const below = path === '' ? each : `${path}/${each}`;
        if (this.#options.leftOut.has(below)) continue;
        directory ??= this.#open(path);
        if (directory === null) return;
        const isDirectory = yield* this.#one(directory, each, prefix + each, below);
        if (!isDirectory || this.#options.leftOut.has(`${below}/`)) continue;
        fs.closeSync(directory);
        directory = null;
        yield* this.contents(below, prefix + each);
      }
    } finally {
      if (directory !== null) fs.closeSync(directory);
    }
  }

  /** Null where it is gone, or no directory any more. */
  #open(path: string): number | null {
    try {
      return openDirectory(this.#root, bytes(path));
    } catch (error) {
      if (error instanceof SystemCallError && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.code)) return null;
      throw error;
    }
  }

  /** True for a directory. What is gone meanwhile, and sockets, are left out. */
  *#one(directory: number, own: string, name: string, path: string): Generator<Buffer, boolean> {
    const place = bytes(`${pathOf(directory)}/${own}`);
    const stats = fs.lstatSync(place, { bigint: true, throwIfNoEntry: false });
    if (!stats) return false;
    if (stats.isDirectory()) {
      yield* this.#directoryAt(place, stats, name);
      return true;
    }
    const header = this.#common(stats, name);
    if (stats.isSymbolicLink())
      yield tarHeader({ ...header, type: 'symlink', linkname: fs.readlinkSync(place, 'latin1') });
    else if (stats.isFile()) yield* this.#file(place, stats, name);
    else if (stats.isFIFO()) yield tarHeader({ ...header, type: 'fifo' });
    else if (!stats.isSocket()) yield* this.#device(stats, header, path);
    return false;
  }

  *#directoryAt(place: Buffer, stats: BigIntStats, name: string): Generator<Buffer> {
    let fd = -1;
    try {
      fd = fs.openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      yield* this.#header(fd, stats, name);
    } finally {
      if (fd >= 0) fs.closeSync(fd);
    }
  }

  *#header(fd: number, stats: BigIntStats, name: string): Generator<Buffer> {
    const full = name.endsWith('/') ? name : `${name}/`;
    const header = this.#common(stats, full);
    if (this.#options.finishing) finish(fd, stats);
    const records = attributeRecords(fd, this.#options.uidBase);
    yield tarHeader({ ...header, type: 'directory', records });
    if (this.#options.asLayer && isOpaque(fd))
      yield tarHeader({ ...header, name: full + opaqueWhiteout, type: 'file', mode: 0o644 });
  }

  *#file(place: Buffer, before: BigIntStats, name: string): Generator<Buffer> {
    const header = this.#common(before, name);
    const key = before.nlink > 1n ? inodeKey(before) : '';
    const first = this.#names.get(key);
    if (first !== undefined) {
      yield tarHeader({ ...header, type: 'link', linkname: first });
      return;
    }
    let fd = -1;
    try {
      fd = fs.openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      const stats = fs.fstatSync(fd, { bigint: true });
      if (!stats.isFile()) return; // swapped meanwhile
      if (key !== '') this.#names.set(key, name);
      const size = Number(stats.size);
      if (this.#options.finishing) finish(fd, stats);
      const records = attributeRecords(fd, this.#options.uidBase);
      this.#bytes += size;
      yield tarHeader({ ...this.#common(stats, name), type: 'file', size, records });
      yield* content(fd, size);
    } catch (error) {
      if (!['ENOENT', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    } finally {
      if (fd >= 0) fs.closeSync(fd);
    }
  }

  *#device(stats: BigIntStats, header: Omit<TarEntry, 'type'>, path: string): Generator<Buffer> {
    const { asLayer } = this.#options;
    if (asLayer && stats.isCharacterDevice() && stats.rdev === 0n) {
      const cut = header.name.lastIndexOf('/') + 1;
      const whiteout = `${header.name.slice(0, cut)}${whiteoutPrefix}${path.slice(path.lastIndexOf('/') + 1)}`;
      // The machine's root has made the device, whom the host does not know.
      yield tarHeader({ ...header, name: whiteout, type: 'file', mode: 0o644, uid: 0, gid: 0 });
    } else if (!asLayer) {
      const type = stats.isCharacterDevice() ? 'character' : 'block';
      yield tarHeader({ ...header, type, device: numbersOf(stats.rdev) });
    }
  }

  #common(stats: BigIntStats, name: string): Omit<TarEntry, 'type'> {
    return {
      name,
      mode: Number(stats.mode & 0o7777n),
      uid: this.#idOf(stats.uid),
      gid: this.#idOf(stats.gid),
      size: 0,
      mtimeSeconds: Number(stats.mtimeNs / 1_000_000_000n),
      linkname: '',
      device: { major: 0, minor: 0 },
      records: [],
    };
  }

  #idOf(id: bigint): number {
    const own = Number(id) - this.#options.uidBase;
    return own >= 0 && own < idsPerHost ? own : nobody;
  }
}

/** As many bytes as the header has said, whatever becomes of the file: what is missing is filled with zeros, as GNU tar does. */
function* content(fd: number, size: number): Generator<Buffer> {
  for (let left = size; left > 0; ) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, left));
    const length = fs.readSync(fd, chunk);
    if (length === 0) chunk.fill(0);
    const got = length === 0 ? chunk : chunk.subarray(0, length);
    yield got;
    left -= got.length;
  }
  const rest = padding(size);
  if (rest > 0) yield Buffer.alloc(rest);
}

/** Takes away what overlayfs notes of where it has copied something from, and what an archive cannot tell of a time. */
export function finish(fd: number, { mtimeNs }: Pick<BigIntStats, 'mtimeNs'>): void {
  const isNote = (name: string): boolean => name.startsWith('trusted.overlay.') && name !== overlayOpaque.name;
  for (const [name] of attributesOf(fd, isNote)) removeAttributeOf(fd, name);
  const seconds = Number(mtimeNs / 1_000_000_000n);
  if (mtimeNs % 1_000_000_000n !== 0n) fs.futimesSync(fd, seconds, seconds);
}

/** Subvolumes of the store number their inodes each for itself, and an overlay of them shows the numbers as they are. */
function inodeKey({ dev, ino, nlink, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, nlink, size, mtimeNs, ctimeNs].join(':');
}

function attributeRecords(fd: number, uidBase: number): (readonly [string, Buffer])[] {
  const found = attributesOf(fd, (name) => name.startsWith('user.') || name === 'security.capability');
  return found.flatMap(([name, value]) => {
    const portable = portableAttribute(name, value, uidBase);
    return portable ? [[paxAttributePrefix + name, portable] as const] : [];
  });
}

function isOpaque(fd: number): boolean {
  const [found] = attributesOf(fd, (name) => name === overlayOpaque.name);
  return found?.[1].equals(overlayOpaque.value) ?? false;
}

/** makedev(3) */
function numbersOf(device: bigint): { major: number; minor: number } {
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}
