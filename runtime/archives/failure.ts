// What a system call's error means to who copies files, in Go's words, as moby tells it.

import { diskFull, EngineError } from '../errors.ts';

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  EMLINK: 'too many links',
  ENAMETOOLONG: 'file name too long',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  EXDEV: 'invalid cross-device link',
};

/** `what` failed: an error that says so where it is one of a file's; any other as it is. */
export function copyFailure(what: string, error: unknown): unknown {
  if (error instanceof EngineError) return error;
  const full = diskFull(error);
  if (full) return full;
  const why = words[(error as NodeJS.ErrnoException).code ?? ''];
  return why === undefined ? error : new EngineError('refused', `${what}: ${why}`, { cause: error });
}
