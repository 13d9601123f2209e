// What a system call's error means to whoever works with files in a host.

import { diskFull, EngineError, type ErrorKind } from '../errors.ts';

const meanings: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  ENOENT: ['notFound', 'is not there'],
  ENOTDIR: ['notFound', 'is not there: a part of its path is no folder'],
  ELOOP: ['invalid', 'is a link, or leads over one; links are not followed from here, use the terminal'],
  EXDEV: ['invalid', 'lies on another file system, or belongs to the machine’s image; use the terminal'],
  EACCES: ['forbidden', 'may not be used by the user student; use sudo in the terminal'],
  EPERM: ['forbidden', 'may not be changed by the user student; use sudo in the terminal'],
  EROFS: ['forbidden', 'cannot be changed: its file system is read-only'],
  EEXIST: ['conflict', 'is there already; choose another name'],
  ENOTEMPTY: ['conflict', 'changed while it was worked on; try again'],
  EISDIR: ['invalid', 'is a folder'],
  EAGAIN: ['conflict', 'is held by a program; try again'],
  EINVAL: ['invalid', 'cannot be moved there: a folder does not fit into itself'],
  ENAMETOOLONG: ['invalid', 'has too long a name'],
};

/** An error that says what was the matter with `path`; what is none of a file's errors stays as it is. */
export function fileFailure(path: string, error: unknown): unknown {
  if (error instanceof EngineError) return error;
  const full = diskFull(error);
  if (full) return full;
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const [kind, words] = (code === undefined ? undefined : meanings[code]) ?? [];
  if (kind === undefined) return error;
  const shown = path === '' ? 'the home directory' : path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return new EngineError(kind, `${shown} ${words}`, { cause: error });
}
