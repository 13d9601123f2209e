// Reads a tar, which may be compressed, and writes what it holds into a container's view: `PUT /containers/X/archive`. The archive is
// hostile; so is the container, which may change what is written while it is.

import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Header } from 'tar-stream';
import { at, EngineError } from '../errors.ts';
import { brokenArchive } from '../images/broken-archive.ts';
import { maxLayerEntries } from '../limits.ts';
import { expanding } from '../store/compression.ts';
import { entryAttributes } from '../store/entry-attributes.ts';
import { entryReader } from '../store/entry-reader.ts';
import { limiter } from '../store/limiter.ts';
import { components } from '../store/tree.ts';
import { copyFailure } from './failure.ts';
import { type InTheWay, LiveTree, type LiveTreeOptions } from './live-tree.ts';
import type { WriteJob } from './tree-jobs.ts';

/** Of a job, what writing goes by. */
export type WriteOptions = Pick<
  WriteJob,
  'path' | 'uidBase' | 'noOverwriteDirNonDir' | 'owner' | 'maxBytes' | 'writtenAt'
> &
  Pick<LiveTreeOptions, 'layer'> & { readonly signal?: AbortSignal };

/**
 * Throws invalid for a hostile archive, refused for what may not be replaced, noSpace where the host's disk is full, and the reason of
 * the signal.
 */
export async function writeArchive(archive: Readable, root: number, job: WriteOptions): Promise<void> {
  const refusal = job.noOverwriteDirNonDir ? refusalIn(job.path) : null;
  using tree = new LiveTree(root, { ...job, directory: job.path, refusal });
  let entries = 0;
  const reader = entryReader({
    begin(header) {
      if (++entries > maxLayerEntries)
        throw new EngineError('tooLarge', `the archive has more than ${maxLayerEntries} entries`);
      job.layer?.take(header.size ?? 0);
      const fd = writeEntry(tree, header, job);
      return fd === null ? null : { fd };
    },
    end(header, file) {
      if (file) tree.finishFile(file.fd, attributesFor(header, job));
    },
    failure: named,
  });
  try {
    await pipeline([...(await expanding(archive)), limiter(job.maxBytes), reader], { signal: job.signal });
  } catch (error) {
    job.signal?.throwIfAborted();
    if (error instanceof Error && /^Invalid tar header/.test(error.message))
      throw new EngineError('refused', 'archive/tar: invalid tar header', { cause: error });
    const broken = brokenArchive(error);
    throw broken.kind === 'dataLoss' ? new EngineError('refused', broken.message, { cause: error }) : broken;
  }
  tree.finish();
}

/** An open file where a body follows. */
function writeEntry(tree: LiveTree, header: Header, job: WriteOptions): number | null {
  const parts = partsOf(header.name);
  if (parts.length === 0) return null;
  switch (header.type) {
    case 'directory':
      tree.directory(parts, attributesFor(header, job));
      return null;
    case 'file':
    case 'contiguous-file':
      return tree.startFile(parts);
    case 'symlink':
      tree.symbolicLink(parts, linkTarget(header), attributesFor(header, job));
      return null;
    case 'link':
      tree.hardLink(parts, partsOf(linkTarget(header), 'hardlink target'));
      return null;
    case 'fifo':
      tree.fifo(parts, attributesFor(header, job));
      return null;
    case 'character-device':
    case 'block-device':
      // As in moby where it runs in a user namespace: there nobody can make one.
      return null;
    default:
      throw new EngineError('invalid', 'its type is none that a file system can hold');
  }
}

/** The parts of a name below the directory. Throws refused for one that leads out of it, in moby's words. */
function partsOf(name: string, what = 'entry name'): string[] {
  const clean = path.posix.normalize(name);
  if (clean === '..' || clean.startsWith('../'))
    throw new EngineError('refused', `invalid ${what} ${JSON.stringify(name)}`);
  return components(clean);
}

function linkTarget({ linkname }: Header): string {
  if (!linkname || linkname.includes('\0')) throw new EngineError('invalid', 'it is a link to nothing');
  return linkname;
}

function attributesFor(header: Header, { owner }: WriteOptions) {
  return { ...entryAttributes(header), ...owner };
}

/** In moby's words. */
const refusalIn =
  (directory: string) =>
  ({ isDirectory, path: place }: InTheWay): EngineError => {
    const [what, by] = isDirectory ? ['directory', 'non-directory'] : ['non-directory', 'directory'];
    const names = [path.posix.basename(place), directory].map((name) => JSON.stringify(name));
    return new EngineError('refused', `cannot overwrite ${what} ${names[0]} with ${by} ${names[1]}`);
  };

/** What moby does with an entry of each type, as its errors say. */
function attempt({ name, type, linkname }: Header): string {
  if (type === 'link') return `linkat ${linkname} ${name}`;
  if (type === 'symlink') return `symlinkat ${linkname} ${name}`;
  return `${type === 'directory' ? 'mkdirat' : 'openat'} ${name}`;
}

/** In moby's words where it is told what was wrong. */
function named(header: Header, error: unknown): Error {
  const { name } = header;
  const failure = copyFailure(attempt(header), error);
  return failure instanceof EngineError && failure.kind === 'refused' ? failure : at(JSON.stringify(name), failure);
}
