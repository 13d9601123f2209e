// What an unpacked layer says of wanted files: in the form that overlayfs takes, owned by root and never changed (store/layers.ts). What
// was unpacked is not read out of its archive again. For a worker thread.

import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync, type Stats } from 'node:fs';
import { EngineError } from '../../errors.ts';
import { attribute } from '../../kernel/inodes.ts';
import { maxStatusBytes } from '../../limits.ts';
import { overlayOpaque } from '../../store/archive.ts';
import { directoriesOnTheWay, isWanted, type LayerFiles, singleFiles, statusDirectory } from './wanted-files.ts';

/** Throws notFound where the directory went meanwhile; tooLarge. */
export function readDirectory(root: string): LayerFiles {
  const before = inode(root);
  const files = new Map<string, string | null>();
  const hidden = new Set<string>();
  /** Directories that are there, and lead through no link. */
  const there = new Set<string>();
  for (const path of ['', ...directoriesOnTheWay]) {
    if (path !== '' && !there.has(parentOf(path))) continue;
    const stat = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    if (!stat) continue;
    if (!stat.isDirectory()) hidden.add(path);
    else {
      there.add(path);
      if (attribute(`${root}/${path}`, overlayOpaque.name)) hidden.add(path);
    }
  }
  const inStatus = there.has(statusDirectory) ? readdirSync(`${root}/${statusDirectory}`) : [];
  let bytes = 0;
  for (const path of [...singleFiles, ...inStatus.map((name) => `${statusDirectory}/${name}`)]) {
    if (!there.has(parentOf(path)) || !isWanted(path)) continue;
    const stat = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    if (!stat) continue;
    if (isWhiteout(stat)) hidden.add(path);
    else if (!stat.isFile()) files.set(path, null);
    else {
      bytes += stat.size;
      if (bytes > maxStatusBytes)
        throw new EngineError('tooLarge', `the lists of packages have more than ${maxStatusBytes} bytes`);
      files.set(path, readFile(`${root}/${path}`));
    }
  }
  // A layer that is removed is renamed first: what is still there under its name was whole all the time.
  if (inode(root) !== before) throw new EngineError('notFound', 'the layer went while it was read');
  return { files, hidden };
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

function inode(root: string): bigint {
  const stat = lstatSync(root, { throwIfNoEntry: false, bigint: true });
  if (!stat) throw new EngineError('notFound', 'the layer is not there');
  return stat.ino;
}

function isWhiteout(stat: Stats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0;
}

function readFile(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) throw new EngineError('invalid', 'it is no regular file');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}
