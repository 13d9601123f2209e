// What is at a path in a container, as `HEAD /containers/X/archive` tells it. Knows no HTTP.

import fs, { type BigIntStats } from 'node:fs';
import path from 'node:path';
import { EngineError } from '../errors.ts';
import { openInView, pathOf } from '../kernel/beneath.ts';

/** The `PathStat` of the Docker API. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** As Go has it (`os.FileMode`): permissions in the low bits, kinds in the high ones. */
  readonly mode: number;
  /** RFC 3339. */
  readonly mtime: string;
  /** Where a link at the end leads to in the container, as far as it leads; else empty. */
  readonly linkTarget: string;
}

/** Go's `os.FileMode`, by the kinds that Linux has. */
const kinds: readonly (readonly [format: number, mode: number])[] = [
  [0o040000, 2 ** 31],
  [0o120000, 2 ** 27],
  [0o010000, 2 ** 25],
  [0o140000, 2 ** 24],
  [0o060000, 2 ** 26],
  [0o020000, 2 ** 26 + 2 ** 21],
];
const special: readonly (readonly [bit: number, mode: number])[] = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
];

function goMode(mode: number): number {
  const kind = kinds.find(([format]) => (mode & 0o170000) === format)?.[1] ?? 0;
  return special.reduce((sum, [bit, value]) => sum + ((mode & bit) !== 0 ? value : 0), kind + (mode & 0o777));
}

/**
 * `/` and `path` without `.` and `..`, which lead at most to `/`; but a `/` or `/.` at the end stays: it says that what is meant is the
 * directory, also behind a link.
 */
export function absolutePath(given: string): string {
  const clean = path.posix.join('/', given);
  if (given.endsWith('/.') || given === '.') return clean.endsWith('/') ? `${clean}.` : `${clean}/.`;
  if (given.endsWith('/')) return clean.endsWith('/') ? clean : `${clean}/`;
  return clean;
}

/** The last name of a path, as Go's `filepath.Base` gives it. */
export function baseName(absolute: string): string {
  const trimmed = absolute.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** True where a directory is meant: its path ends with `/` or `/.`, so that a link at its end is followed. */
const meansDirectory = (absolute: string): boolean => absolute.endsWith('/') || absolute.endsWith('/.');

/** Calls `act` with an O_PATH descriptor of what is at a path of `absolutePath`, and what it is. Throws SystemCallError. */
export function atPath<T>(root: number, absolute: string, act: (fd: number, stats: BigIntStats) => T): T {
  const fd = openInView(root, absolute, { linkItself: !meansDirectory(absolute) });
  try {
    const stats = fs.fstatSync(fd, { bigint: true });
    if (meansDirectory(absolute) && !stats.isDirectory()) throw notDirectory();
    return act(fd, stats);
  } finally {
    fs.closeSync(fd);
  }
}

function notDirectory(): Error {
  return Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
}

/** Looks into a view, whose root `root` is a descriptor of. Throws SystemCallError ENOENT where nothing is there. */
export function statPath(root: number, absolute: string): PathStat {
  const stats = atPath(root, absolute, (_, found) => found);
  return {
    name: baseName(absolute),
    size: Number(stats.size),
    mode: goMode(Number(stats.mode)),
    mtime: rfc3339(stats.mtimeNs),
    linkTarget: stats.isSymbolicLink() ? linkTarget(root, absolute) : '',
  };
}

/** With as many digits as there are, as Go writes a time. */
function rfc3339(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const fraction = String(ns % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** moby's own (`pkg/symlink`). */
const maxLinks = 255;

/** Follows links from `/`, each as if the view's root were the root of all files, as far as there is something. */
function linkTarget(root: number, absolute: string): string {
  const left = absolute.split('/');
  let done = '';
  let links = 0;
  while (left.length > 0) {
    const part = left.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done = done.slice(0, Math.max(0, done.lastIndexOf('/')));
      continue;
    }
    const target = readLink(root, `${done}/${part}`);
    if (target === null) {
      done = `${done}/${part}`;
      continue;
    }
    if (++links > maxLinks) throw new EngineError('internal', `too many links in ${absolute}`);
    if (target.startsWith('/')) done = '';
    left.unshift(...target.split('/'));
  }
  return done === '' ? '/' : done;
}

/** Null for what is no link, or not there. */
function readLink(root: number, absolute: string): string | null {
  const cut = absolute.lastIndexOf('/');
  let parent = -1;
  try {
    parent = openInView(root, absolute.slice(0, cut) || '/');
    return fs.readlinkSync(`${pathOf(parent)}/${absolute.slice(cut + 1)}`);
  } catch {
    return null;
  } finally {
    if (parent >= 0) fs.closeSync(parent);
  }
}
