// Opens files and folders below a root folder that somebody else may write to. What lies outside it is never read, whatever
// links are put in the way meanwhile: a file is opened without reading first, and asked where it is.

import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';

/** asm-generic/fcntl.h, which amd64 and arm64 have both; Node has no name for it. Opens neither devices nor pipes. */
const pathOnly = 0o10000000;

/** A link leads out of the folder. */
export class LeadsOut extends Error {
  constructor() {
    super('leads out of the folder: links may only lead to what is in it');
    this.name = 'LeadsOut';
  }
}

export interface Root {
  readonly handle: FileHandle;
  /** Below which all is to be; null: links may lead anywhere. */
  readonly real: string | null;
}

export interface Opened {
  readonly kind: 'file' | 'folder' | 'other';
  readonly handle: FileHandle;
  /** Names what was opened, and nothing else that has its name by now; for as long as the handle is open. */
  readonly path: string;
  readonly bytes: number;
  readonly executable: boolean;
}

const executableByOwner = 0o100;

export const pathOf = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;

/** Throws what the file system throws: ENOENT where there is none. Whoever calls closes the handle. */
export async function openRoot(folder: string, mayLeadOut: boolean): Promise<Root> {
  const handle = await open(folder, pathOnly | constants.O_DIRECTORY);
  return { handle, real: mayLeadOut ? null : await readlink(pathOf(handle)) };
}

/** Null where there is none of the name. Links are followed within the root. Throws LeadsOut. Whoever calls closes the handle. */
export async function openWithin(root: Root, parent: FileHandle, name: string): Promise<Opened | null> {
  const handle = await open(`${pathOf(parent)}/${name}`, pathOnly).catch((error: NodeJS.ErrnoException) => {
    // A link that leads nowhere, or in a circle.
    if (error.code === 'ENOENT' || error.code === 'ELOOP' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (handle === null) return null;
  try {
    const path = pathOf(handle);
    if (root.real !== null && !`${await readlink(path)}/`.startsWith(`${root.real === '/' ? '' : root.real}/`))
      throw new LeadsOut();
    const stats = await handle.stat();
    return {
      kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
      handle,
      path,
      bytes: stats.size,
      executable: (stats.mode & executableByOwner) !== 0,
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
