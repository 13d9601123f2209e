// What COPY copies from: the files that a client has sent, or another stage. Both look the same to who copies: names, links, contents.
// Blocks: for worker threads.

import fs from 'node:fs';
import path from 'node:path';
import { EngineError } from '../../errors.ts';
import { openInView, pathOf } from '../../kernel/beneath.ts';
import { attributesOf } from '../../kernel/inodes.ts';
import { SystemCallError } from '../../kernel/libc.ts';
import { idsPerHost } from '../../kernel/user-namespace.ts';
import { portableAttribute } from '../../store/archive.ts';
import { isPack, type Place } from './pack.ts';
import type { FilePart } from './read-part.ts';
import type { EntryKind } from './sent-entry.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;

export interface SourceEntry {
  readonly kind: EntryKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Date;
  /** Of a symlink. */
  readonly target: string;
  /** Of a file that has other names too: the same for all of them. Null for others. */
  readonly inode: string | null;
  readonly extended: readonly (readonly [name: string, value: Buffer])[];
}

/** Paths are absolute, in their shortest form; `/` is the tree's root. */
export interface SourceTree {
  /** Null where nothing is there. A link at the end is not followed, links on the way are. */
  entry(path: string): SourceEntry | null;
  /** Names in a directory, in order. */
  names(path: string): readonly string[];
  /** What is said of a path where nothing is, in BuildKit's words. */
  notFound(path: string): EngineError;
  /** What a file holds, until it is disposed of. */
  open(path: string): OpenContent;
}

/** Until it is disposed of. */
export type OpenContent = FilePart & Disposable;

/** Where a link that is named itself leads, as far as it does; the path where it is none, null where links lead to each other. */
export function linkEnd(tree: SourceTree, from: string): string | null {
  let at = from;
  for (let links = 0; links < maxLinks; links++) {
    const entry = tree.entry(at);
    if (entry?.kind !== 'symlink') return at;
    at = path.posix.resolve(path.posix.dirname(at), entry.target);
  }
  return null;
}

/** A file that a client has sent, as its list is stored. */
export interface SentEntry {
  readonly path: string;
  readonly kind: EntryKind;
  readonly mode: number;
  readonly size: number;
  /** Nanoseconds, in decimal digits. */
  readonly mtimeNs: string;
  /** Of a symlink, or the first path of a file that has several; else empty. */
  readonly target: string;
  /** Where its content is, of `size` bytes, and its digest; null where it has none. */
  readonly content: (Place & { readonly digest: string }) | null;
}

/** Links may lead to each other. */
const maxLinks = 255;

/** Files that a client has sent: `entries` in order, contents in files of the engine's own in `directory`. */
export class SentTree implements SourceTree, Disposable {
  readonly #directory: string;
  /** Files that have many contents, by their names. */
  readonly #packs = new Map<string, number>();
  readonly #entries = new Map<string, SentEntry>();
  readonly #names = new Map<string, string[]>([['/', []]]);
  /** Files that others are further names of. */
  readonly #named = new Set<string>();

  constructor(directory: string, entries: readonly SentEntry[]) {
    this.#directory = directory;
    for (const entry of entries) {
      const path = `/${entry.path}`;
      this.#entries.set(path, entry);
      if (entry.kind === 'directory') this.#names.set(path, []);
      if (entry.kind === 'file' && entry.target !== '') this.#named.add(entry.target);
      const cut = path.lastIndexOf('/');
      this.#names.get(path.slice(0, cut) || '/')?.push(path.slice(cut + 1));
    }
  }

  entry(path: string): SourceEntry | null {
    const found = this.#find(path);
    if (!found) return path === '/' ? { ...root } : null;
    const { kind, mode, mtimeNs, target } = found;
    const mtime = new Date(Number(BigInt(mtimeNs) / 1_000_000n));
    const named = target === '' ? found.path : target;
    const inode = kind === 'file' && this.#named.has(named) ? named : null;
    return { kind, mode, uid: 0, gid: 0, mtime, target, inode, extended: [] };
  }

  names(path: string): readonly string[] {
    return this.#names.get(this.#resolved(path)) ?? [];
  }

  open(path: string): OpenContent {
    const found = this.#find(path);
    if (!found?.content) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    const { file, at } = found.content;
    const bytes = found.size;
    if (isPack(file)) return { fd: this.#pack(file), at, bytes, [Symbol.dispose]: () => undefined };
    const fd = this.#openFile(file);
    return { fd, at, bytes, [Symbol.dispose]: () => fs.closeSync(fd) };
  }

  #pack(file: string): number {
    const fd = this.#packs.get(file) ?? this.#openFile(file);
    this.#packs.set(file, fd);
    return fd;
  }

  #openFile(file: string): number {
    return fs.openSync(`${this.#directory}/${file}`, O_RDONLY | O_NOFOLLOW);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#packs.values()) fs.closeSync(fd);
    this.#packs.clear();
  }

  notFound(path: string): EngineError {
    return new EngineError('notFound', `${JSON.stringify(path)}: not found`);
  }

  /** The path with links followed, also at its end. */
  followed(path: string): string {
    return this.#resolved(`${path}/.`);
  }

  #find(path: string): SentEntry | undefined {
    return this.#entries.get(path) ?? this.#entries.get(this.#resolved(path));
  }

  /** The path with all links on the way followed, below the root. */
  #resolved(path: string): string {
    let links = 0;
    let left = path.split('/').filter(Boolean);
    const done: string[] = [];
    while (left.length > 0) {
      const [part = '', ...rest] = left;
      left = rest;
      if (part === '..') done.pop();
      else if (part !== '.') done.push(part);
      const here = this.#entries.get(`/${done.join('/')}`);
      if (here?.kind !== 'symlink' || left.length === 0 || ++links > maxLinks) continue;
      if (here.target.startsWith('/')) done.length = 0;
      else done.pop();
      left = [...here.target.split('/').filter(Boolean), ...left];
    }
    return `/${done.join('/')}`;
  }
}

const root: SourceEntry = {
  kind: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: new Date(0),
  target: '',
  inode: null,
  extended: [],
};

/** A directory whose owners are the host's. Nothing changes it meanwhile. */
export class MountedTree implements SourceTree {
  readonly #root: number;
  readonly #uidBase: number;

  /** `root` is a descriptor, and the caller's to close. */
  constructor(root: number, uidBase: number) {
    this.#root = root;
    this.#uidBase = uidBase;
  }

  entry(path: string): SourceEntry | null {
    const fd = this.#enter(path);
    if (fd === null) return null;
    try {
      const stats = fs.fstatSync(fd);
      const kind = kindOf(stats);
      const place = pathOf(fd);
      return {
        kind,
        mode: stats.mode & 0o7777,
        uid: this.#idOf(stats.uid),
        gid: this.#idOf(stats.gid),
        mtime: stats.mtime,
        target: kind === 'symlink' ? linkAt(this.#root, path) : '',
        inode: kind === 'file' && stats.nlink > 1 ? `${stats.dev}:${stats.ino}` : null,
        extended: kind === 'file' || kind === 'directory' ? this.#extended(place) : [],
      };
    } finally {
      fs.closeSync(fd);
    }
  }

  notFound(path: string): EngineError {
    return new EngineError('notFound', `lstat ${path}: no such file or directory`);
  }

  names(path: string): readonly string[] {
    const fd = openInView(this.#root, `${path}/.`);
    try {
      return fs.readdirSync(pathOf(fd)).sort();
    } finally {
      fs.closeSync(fd);
    }
  }

  open(path: string): OpenContent {
    const place = openInView(this.#root, path, { linkItself: true });
    try {
      const fd = fs.openSync(pathOf(place), O_RDONLY | O_NONBLOCK);
      return { fd, at: 0, bytes: Number.POSITIVE_INFINITY, [Symbol.dispose]: () => fs.closeSync(fd) };
    } finally {
      fs.closeSync(place);
    }
  }

  #enter(path: string): number | null {
    try {
      return openInView(this.#root, path, { linkItself: true });
    } catch (error) {
      if (error instanceof SystemCallError && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.code)) return null;
      throw error;
    }
  }

  #idOf(id: number): number {
    const own = id - this.#uidBase;
    return own >= 0 && own < idsPerHost ? own : 65_534;
  }

  #extended(place: string): (readonly [string, Buffer])[] {
    const fd = fs.openSync(place, O_RDONLY | O_NONBLOCK);
    try {
      const found = attributesOf(fd, (name) => name.startsWith('user.') || name === 'security.capability');
      return found.flatMap(([name, value]) => {
        const portable = portableAttribute(name, value, this.#uidBase);
        return portable ? [[name, portable] as const] : [];
      });
    } finally {
      fs.closeSync(fd);
    }
  }
}

/** A descriptor of a link cannot be read by its path in /proc, which would follow it: its directory is opened instead. */
function linkAt(root: number, path: string): string {
  const cut = path.lastIndexOf('/');
  const directory = openInView(root, `${path.slice(0, cut)}/.`);
  try {
    return fs.readlinkSync(`${pathOf(directory)}/${path.slice(cut + 1)}`);
  } finally {
    fs.closeSync(directory);
  }
}

function kindOf(stats: fs.Stats): EntryKind {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFile()) return 'file';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device';
}
