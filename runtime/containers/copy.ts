// docker cp: what is at a path in a container, out of it and into it.

import fs from 'node:fs';
import type { Readable } from 'node:stream';
import { copyFailure } from '../archives/failure.ts';
import { absolutePath, atPath, baseName, type PathStat, statPath } from '../archives/stat.ts';
import { readTree, writeTree } from '../archives/tree-work.ts';
import { EngineError } from '../errors.ts';
import { pathOf } from '../kernel/beneath.ts';
import { readBeneath } from '../kernel/safe-read.ts';
import { resolveUser } from '../processes/users.ts';
import type { Container } from './container.ts';
import { openFiles } from './container-files.ts';
import { emit } from './events.ts';
import { inMountOrder } from './mounts/mount-point.ts';

/** Throws notFound, in moby's words, where nothing is there. */
export async function statInContainer(container: Container, path: string, shown: string): Promise<PathStat> {
  const { signal } = new AbortController(); // it takes no time
  try {
    using files = await openFiles(container, { mounts: true, signal }, (root) => statPath(root, absolutePath(path)));
    return files.seen;
  } catch (error) {
    throw asDocker(error, path, shown);
  }
}

/** A tar of what is at a path: begun when this resolves, and to be read to its end or given up. */
export interface CopiedOut {
  readonly stat: PathStat;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Calls `take` with the tar of what is at `path`. Throws notFound where nothing is there. */
export async function copyOut(
  container: Container,
  { path, shown, signal }: { readonly path: string; readonly shown: string; readonly signal: AbortSignal },
  take: (copied: CopiedOut) => Promise<void>,
): Promise<void> {
  const { engine, name, record } = container.host;
  const absolute = absolutePath(path);
  await engine.archives.pass(name, async () => {
    using files = await openFiles(container, { mounts: true, signal }, (root) => statPath(root, absolute)).catch(
      (error: unknown) => {
        throw asDocker(error, path, shown);
      },
    );
    const content = readTree(
      {
        kind: 'pack',
        mounts: files.view.mounts,
        root: files.view.root,
        uidBase: record.uidBase,
        path: absolute,
        name: baseName(absolute),
      },
      files.signal,
    );
    emit(container, 'archive-path');
    await take({ stat: files.seen, content });
  });
}

export interface CopyInOptions {
  readonly path: string;
  /** How the client names the container. */
  readonly shown: string;
  readonly noOverwriteDirNonDir: boolean;
  /** All belongs to the container's own user, as moby has it. */
  readonly copyUIDGID: boolean;
  readonly signal: AbortSignal;
}

/** Writes a tar into the directory at a path. Throws notFound where there is none, invalid where it is no directory. */
export async function copyIn(
  container: Container,
  archive: Readable,
  { path, shown, signal, ...options }: CopyInOptions,
): Promise<void> {
  const { engine, name, record } = container.host;
  const absolute = absolutePath(path);
  const { User } = container.record.config;
  await engine.archives.pass(name, async () => {
    try {
      using files = await openFiles(container, { mounts: true, signal }, (root) => {
        checkWritable(container, resolveDirectory(root, absolute));
        return options.copyUIDGID && User !== '' ? ownerIn(root, User) : null;
      });
      await writeTree(
        {
          kind: 'write',
          mounts: files.view.mounts,
          root: files.view.root,
          uidBase: record.uidBase,
          path: absolute.replace(/\/\.?$/, '') || '/',
          noOverwriteDirNonDir: options.noOverwriteDirNonDir,
          owner: files.seen,
          maxBytes: 2 * record.limits.diskBytes,
        },
        archive,
        files.signal,
      );
    } catch (error) {
      throw asDocker(error, path, shown);
    }
  });
  emit(container, 'extract-to-dir');
}

/** The directory that `absolute` means in a view, links followed, also at the end: as an absolute path in the container. */
function resolveDirectory(root: number, absolute: string): string {
  try {
    return atPath(root, `${absolute.replace(/\/\.?$/, '')}/`, (directory) => {
      const above = fs.readlinkSync(pathOf(root));
      return fs.readlinkSync(pathOf(directory)).slice(above.length) || '/';
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    throw new EngineError('invalid', 'extraction point is not a directory', { cause: error });
  }
}

/** Throws invalid, in moby's words (`checkIfPathIsInAVolume`), where the directory `path` may only be read. */
function checkWritable({ record }: Container, path: string): void {
  const mount = inMountOrder(record.mounts).findLast(
    ({ destination }) => path === destination || path.startsWith(`${destination.replace(/\/$/, '')}/`),
  );
  if (mount && mount.readOnly !== 'no') throw new EngineError('invalid', 'mounted volume is marked read-only');
  if (!mount && record.hostConfig.ReadonlyRootfs)
    throw new EngineError('invalid', 'container rootfs is marked read-only');
}

function ownerIn(root: number, user: string): { uid: number; gid: number } {
  const maxBytes = 64 * 1024;
  const at = `/proc/self/fd/${root}`;
  const files = { passwd: readBeneath(at, 'etc/passwd', maxBytes), group: readBeneath(at, 'etc/group', maxBytes) };
  const { uid, gid } = resolveUser(user, files, []).ids;
  return { uid, gid };
}

/** A path that is not there, in moby's words. */
function asDocker(error: unknown, path: string, shown: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new EngineError('notFound', `Could not find the file ${path} in container ${shown}`);
  return copyFailure(`lstat ${path}`, error);
}
