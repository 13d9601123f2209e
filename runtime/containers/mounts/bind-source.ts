// The source of a bind mount: a path as the student sees it, resolved in the workspace's own view, mounts there included.

import fs from 'node:fs';
import { at, diskFull, EngineError } from '../../errors.ts';
import { SystemCallError } from '../../kernel/libc.ts';
import { isOfKernel, View } from '../../kernel/view.ts';
import { maxFolderDepth } from '../../limits.ts';
import type { ContainerHost } from '../container.ts';
import type { MountPoint } from './mount-point.ts';

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

/** `error` of resolving the path `source`, in words for whom it belongs to. */
function told(source: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (codeOf(error) === 'ELOOP')
    return new EngineError(
      'invalid',
      `bind mount source ${source}: too many links, or one of /proc that leads into another process: name a directory or file of this host itself`,
      { cause: error },
    );
  if (codeOf(error) === 'ESRCH')
    return new EngineError('unavailable', 'the workspace of this host is ending', { cause: error });
  return at(`bind mount source ${source}`, error);
}

/** Whether there is something at the path `source`. Throws invalid, unavailable. */
export function bindSourceExists(host: ContainerHost, source: string): boolean {
  try {
    using view = new View(host.record);
    fs.closeSync(view.open(source));
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return false;
    throw told(source, error);
  }
}

/** As moby says why it made no directory. */
function notMade(source: string, error: unknown): EngineError {
  const why = error instanceof SystemCallError ? error.code : codeOf(error);
  const words: Readonly<Record<string, string>> = {
    EEXIST: 'file exists',
    EPERM: 'operation not permitted',
    EROFS: 'read-only file system',
    ENOTDIR: 'not a directory',
  };
  const known = words[why];
  if (known === undefined) return diskFull(error) ?? told(source, error);
  return new EngineError('refused', `error while creating mount source path '${source}': mkdir ${source}: ${known}`, {
    cause: error,
  });
}

/** An O_PATH descriptor of what `point` binds, which the caller closes. Makes a directory where `-v` would. Throws invalid, refused. */
export function openBindSource(host: ContainerHost, view: View, point: MountPoint): number {
  const { source, makesSource, topOnly } = point;
  let fd: number;
  try {
    fd = view.open(source);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw told(source, error);
    if (!makesSource)
      throw new EngineError(
        'invalid',
        `invalid mount config for type "bind": bind source path does not exist: ${source}`,
      );
    if (source.split('/').length > maxFolderDepth)
      throw new EngineError('invalid', `bind mount source ${source.slice(0, 80)}…: it is too deep to be made`);
    try {
      fd = view.openOrMake(source, host.record.uidBase);
    } catch (failure) {
      throw notMade(source, failure);
    }
  }
  if (!topOnly || !isOfKernel(fd)) return fd;
  fs.closeSync(fd);
  throw new EngineError(
    'invalid',
    `bind mount source ${source}: what is mounted below it cannot be left out here: leave bind-recursive=disabled out`,
  );
}
