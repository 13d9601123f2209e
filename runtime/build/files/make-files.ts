// Makes the files of a step: what COPY and WORKDIR say, by BuildKit's rules (solver/llbsolver/file, fsutil/copy). Blocks: for worker
// threads.

import fs from 'node:fs';
import path from 'node:path';
import { type InTheWay, LiveTree, type LiveTreeOptions } from '../../archives/live-tree.ts';
import { packOwnLayer } from '../../archives/pack-layer.ts';
import { Room } from '../../archives/room.ts';
import type { MadeOwnLayer } from '../../archives/tree-jobs.ts';
import { writeArchive } from '../../archives/write-archive.ts';
import { EngineError } from '../../errors.ts';
import { openInView, pathOf } from '../../kernel/beneath.ts';
import { SystemCallError } from '../../kernel/libc.ts';
import { here } from '../../kernel/mounts.ts';
import { readBeneath } from '../../kernel/safe-read.ts';
import { moveIntoMounts } from '../../kernel/thread-mounts.ts';
import { idsPerHost } from '../../kernel/user-namespace.ts';
import { maxCatalogueLayerBytes } from '../../limits.ts';
import { resolveUser } from '../../processes/users.ts';
import type { Attributes } from '../../store/tree.ts';
import { splitSource } from '../language/path-pattern.ts';
import { Copying } from './copying.ts';
import { FilesDigest } from './files-digest.ts';
import type { BuildFilesJob, CopyAction, FileAction, FilesSource, Owner } from './files-job.ts';
import { matchesOf } from './glob.ts';
import { isTar, streamOf } from './is-tar.ts';
import { entriesAt } from './sent-list.ts';
import { linkEnd, MountedTree, SentTree, type SourceTree } from './source-tree.ts';

/**
 * Gives the layer that it has become, if one was wanted. Throws notFound for a source that is not there, in BuildKit's words, tooLarge,
 * the reason of `signal`, and what the file system throws.
 */
export async function makeFiles(job: BuildFilesJob, signal: AbortSignal): Promise<MadeOwnLayer | null> {
  using opened = new DisposableStack();
  const sources = job.sources.map((source) => openSource(source, job.uidBase, opened));
  moveIntoMounts(job.mounts);
  const root = openInView(here, job.root);
  opened.defer(() => fs.closeSync(root));
  const madeAt = new Date(job.madeAtMs);
  const made = {
    uidBase: job.layer ? 0 : job.uidBase,
    refusal,
    writtenAt: job.isTimeGiven ? madeAt : null,
    ...(job.layer && { layer: new Room(job.layer.maxBytes) }),
  };
  using tree = new LiveTree(root, { ...made, directory: '/' });
  const making = new Making(root, tree, madeAt, made, signal);
  const digests: (string | null)[] = [];
  for (const action of job.actions) {
    const isLookedAt = job.wantsDigests && action.kind === 'copy' && job.sources[action.source]?.kind === 'mounted';
    const digest = isLookedAt ? new FilesDigest() : null;
    await making.act(action, sources, digest);
    if (action.kind === 'copy') digests.push(digest?.digest() ?? null);
  }
  tree.finish();
  return job.layer && { ...(await packOwnLayer(job.layer, signal)), digests };
}

function openSource(source: FilesSource, uidBase: number, opened: DisposableStack): SourceTree {
  if (source.kind === 'sent') return opened.use(new SentTree(source.place.directory, entriesAt(source.place)));
  moveIntoMounts(source.mounts);
  const root = openInView(here, source.root);
  opened.defer(() => fs.closeSync(root));
  return new MountedTree(root, uidBase);
}

/** In BuildKit's words. */
function refusal({ isDirectory, path: place }: InTheWay): EngineError {
  const why = isDirectory
    ? `cannot replace to directory /${place} with file`
    : `cannot copy to non-directory: /${place}`;
  return new EngineError('invalid', why);
}

/** Links on the way may lead to each other. */
const maxLinks = 255;

const partsOf = (absolute: string): string[] => absolute.split('/').filter(Boolean);

class Making {
  readonly #root: number;
  readonly #tree: LiveTree;
  /** Of what is made and not copied. */
  readonly #madeAt: Date;
  readonly #made: Omit<LiveTreeOptions, 'directory'>;
  readonly #signal: AbortSignal;

  constructor(
    root: number,
    tree: LiveTree,
    madeAt: Date,
    made: Omit<LiveTreeOptions, 'directory'>,
    signal: AbortSignal,
  ) {
    this.#signal = signal;
    this.#root = root;
    this.#tree = tree;
    this.#madeAt = madeAt;
    this.#made = made;
  }

  /** Of directories that nobody has told of. */
  #implied(owner: Owner | null): Attributes {
    return { ...(owner ?? rootOwner), mode: 0o755, mtime: this.#madeAt, extended: [] };
  }

  /** `digest` is told of what is copied. */
  async act(action: FileAction, sources: readonly SourceTree[], digest: FilesDigest | null): Promise<void> {
    if (action.kind === 'copy') {
      const source = sources[action.source];
      if (!source) throw new EngineError('internal', `there is no source ${action.source}`);
      await this.#copyAll(source, action, digest);
      return;
    }
    const attributes = { ...rootOwner, mode: action.mode, mtime: this.#madeAt, extended: [] };
    if (action.kind === 'mkdir') {
      this.#makeDirectories(this.#resolved(action.path), { ...attributes, ...this.#ownerOf(action.owner) });
      return;
    }
    const to = this.#resolved(action.path);
    this.#makeDirectories(path.posix.dirname(to), this.#implied(null));
    const fd = this.#tree.startFile(partsOf(to));
    this.#tree.write(fd, Buffer.from(action.data));
    this.#tree.finishFile(fd, attributes);
  }

  async #copyAll(source: SourceTree, action: CopyAction, digest: FilesDigest | null): Promise<void> {
    const found = action.isPattern ? matchesOf(source, action.from) : [action.from];
    const owner = this.#ownerOf(action.owner);
    for (const named of found) {
      const from = linkEnd(source, named);
      if (from === null) throw new EngineError('invalid', 'too many links');
      digest?.source(named);
      // What `--parents` names without a wildcard must be there.
      for (const one of action.includes)
        if (splitSource(one).pattern === '' && !source.entry(path.posix.join(from, one)))
          throw new EngineError('notFound', `${JSON.stringify(path.posix.join(named, one))}: not found`);
      if (action.unpack && (await this.#unpacked(source, from, action, owner))) {
        digest?.miss();
        continue;
      }
      this.#copyOne(source, from, named, action, owner, digest);
    }
  }

  /** ADD: unpacks an archive into the directory that is named. False for what is none. */
  async #unpacked(source: SourceTree, from: string, { to }: CopyAction, owner: Owner | null): Promise<boolean> {
    if (source.entry(from)?.kind !== 'file') return false;
    using content = source.open(from);
    if (!(await isTar(content))) return false;
    const directory = this.#resolved(to);
    this.#makeDirectories(directory, this.#implied(owner));
    const maxBytes = Math.min(maxCatalogueLayerBytes, this.#made.layer?.bytesLeft ?? Number.POSITIVE_INFINITY);
    await writeArchive(streamOf(content), this.#root, {
      ...this.#made,
      path: directory,
      noOverwriteDirNonDir: false,
      owner,
      maxBytes,
      signal: this.#signal,
    });
    return true;
  }

  /** The contents of a directory are copied, not itself: Dockerfiles know nothing else. */
  #copyOne(
    source: SourceTree,
    from: string,
    named: string,
    action: CopyAction,
    owner: Owner | null,
    digest: FilesDigest | null,
  ): void {
    const entry = source.entry(from);
    if (!entry) throw source.notFound(named);
    const isDirectory = entry.kind === 'directory';
    const clean = this.#resolved(action.to);
    // A mode in digits is that of directories on the way too, as far as dockerd's umask lets it; changes to a mode are not.
    const above = { ...this.#implied(owner), ...(typeof action.mode === 'number' && { mode: action.mode & ~umask }) };
    if (/\/\.?$/.test(action.to)) this.#makeDirectories(clean, above);
    const there = this.#kindAt(clean);
    if (isDirectory && there === 'other') throw new EngineError('invalid', `cannot copy to non-directory: ${clean}`);
    const isInto = !isDirectory && there === 'directory';
    const to = isInto ? path.posix.join(clean, path.posix.basename(named)) : clean;
    this.#makeDirectories(isDirectory ? to : path.posix.dirname(to), above);
    const copying = new Copying(source, this.#tree, action, owner, digest);
    if (isDirectory) {
      digest?.add('', entry, null);
      copying.contents(from, to);
      // The root of what a client has sent has no time.
      this.#tree.finishDirectory(partsOf(to), from === '/' ? this.#madeAt : entry.mtime);
    } else copying.entry(from, to, entry);
  }

  /** What is at a path, links followed; null for nothing. */
  #kindAt(at: string): 'directory' | 'other' | null {
    try {
      const fd = openInView(this.#root, at);
      try {
        return fs.fstatSync(fd).isDirectory() ? 'directory' : 'other';
      } finally {
        fs.closeSync(fd);
      }
    } catch (error) {
      if (error instanceof SystemCallError && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.code)) return null;
      throw error;
    }
  }

  /** Where a path leads, links followed as in the image, as far as it is there: what is missing is made as it is written. */
  #resolved(given: string): string {
    let at = '/';
    let rest = partsOf(path.posix.normalize(given));
    for (let links = 0; rest.length > 0; ) {
      const [part = '', ...after] = rest;
      const target = part === '.' || part === '..' ? null : this.#linkAt(at, part);
      if (target !== null && ++links > maxLinks) throw new EngineError('invalid', 'too many links');
      if (target === null) at = path.posix.join(at, part);
      else if (target.startsWith('/')) at = '/';
      rest = target === null ? after : [...partsOf(target), ...after];
    }
    return at;
  }

  /** What a link says; null where there is none. `directory` has no links in it. */
  #linkAt(directory: string, name: string): string | null {
    try {
      const fd = openInView(this.#root, directory);
      try {
        return fs.readlinkSync(`${pathOf(fd)}/${name}`);
      } finally {
        fs.closeSync(fd);
      }
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (typeof code === 'string' && ['EINVAL', 'ENOENT', 'ENOTDIR'].includes(code)) return null;
      throw error;
    }
  }

  /** Makes those directories of a path that are missing. */
  #makeDirectories(given: string, attributes: Attributes): void {
    const parts = partsOf(given);
    for (let count = 1; count <= parts.length; count++) {
      const at = `/${parts.slice(0, count).join('/')}`;
      const there = this.#kindAt(at);
      if (there === 'other') throw new EngineError('invalid', `mkdir ${at}: not a directory`);
      if (there === null) this.#tree.directory(partsOf(at), attributes);
    }
  }

  /** Null where nothing is said. */
  #ownerOf(wanted: string): Owner | null {
    if (wanted === '') return null;
    const maxBytes = 64 * 1024;
    const at = pathOf(this.#root);
    const files = { passwd: readBeneath(at, 'etc/passwd', maxBytes), group: readBeneath(at, 'etc/group', maxBytes) };
    const owner = ownerIn(wanted, files);
    if (Math.max(owner.uid, owner.gid) >= idsPerHost)
      throw new EngineError('invalid', `--chown=${wanted}: the users and groups of a host are 0 to ${idsPerHost - 1}`);
    return owner;
  }
}

const rootOwner: Owner = { uid: 0, gid: 0 };

const umask = 0o022;

/** By BuildKit's rules: a number alone is the group too, and a name that the image does not know is root's. */
function ownerIn(wanted: string, files: Parameters<typeof resolveUser>[1]): Owner {
  const idsOf = (words: string): Owner | null => {
    try {
      return resolveUser(words, files, []).ids;
    } catch (error) {
      // A number beyond the host's is no name that is unknown.
      if (error instanceof EngineError && error.missing === 'user') return null;
      throw error;
    }
  };
  const [user = '', group = ''] = wanted.split(/:(.*)/s);
  const { uid, gid } = (user === '' ? null : idsOf(user)) ?? rootOwner;
  if (group !== '') return { uid, gid: idsOf(`0:${group}`)?.gid ?? gid };
  return { uid, gid: /^\d+$/.test(user) ? uid : gid };
}
