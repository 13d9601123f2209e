// Packs what a container, or a step of a build, has changed of its image: the tar of a layer, compressed into a new file. Blocks: for
// worker threads.

import fs, { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openBeneath, openInView, pathOf } from '../kernel/beneath.ts';
import { SystemCallError } from '../kernel/libc.ts';
import { here } from '../kernel/mounts.ts';
import { compressor } from '../store/compression.ts';
import type { Packed } from '../store/layer-work.ts';
import { limiter } from '../store/limiter.ts';
import { meter } from '../store/meter.ts';
import { tarEnd } from '../store/tar-header.ts';
import { addStepPlaces, emptyMountPoints } from './mount-points.ts';
import type { OwnLayer } from './own-layer.ts';
import { finish, TreeReader } from './read-tree.ts';
import type { LayerJob, MadeOwnLayer } from './tree-jobs.ts';

/** What a container has changed. Throws tooLarge, and the reason of `signal`. */
export async function packLayer(job: LayerJob, signal: AbortSignal): Promise<Packed> {
  using own = opened(job.own);
  using below = job.below && opened(job.below.image);
  const leftOut = leftOutOf(job, own.fd, below?.fd ?? null);
  const reader = new TreeReader(own.fd, { uidBase: job.uidBase, asLayer: true, leftOut });
  return await packed(reader, job, signal);
}

/**
 * An upper directory that is a layer from then on, as it is: nothing writes to it any more. What only says how the kernel came to it is
 * taken away, and times are those of an archive. Throws as `packLayer`.
 */
export async function packOwnLayer(layer: OwnLayer, signal: AbortSignal): Promise<MadeOwnLayer> {
  using own = opened(`${layer.own}/.`);
  const root = fs.openSync(`${pathOf(own.fd)}/.`, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    finish(root, fs.fstatSync(root, { bigint: true }));
  } finally {
    fs.closeSync(root);
  }
  const reader = new TreeReader(own.fd, { uidBase: 0, asLayer: true, leftOut: new Set(), finishing: true });
  const done = await packed(reader, layer, signal);
  return { ...done, bytes: reader.bytes };
}

/** What is compressed comes out in pieces of this size, each in memory of its own: most layers of builds are small. */
const chunkBytes = 64 * 1024;

async function packed(
  reader: TreeReader,
  { file, maxBytes }: Pick<OwnLayer, 'file' | 'maxBytes'>,
  signal: AbortSignal,
): Promise<Packed> {
  const plain = meter();
  const compressed = meter();
  // It reaches the disk with its layer (store/settling.ts).
  const blob = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const tar = Readable.from(gathered(whole(reader)), { objectMode: false });
  await pipeline(tar, limiter(maxBytes), plain.stream, compressor('zstd', chunkBytes), compressed.stream, blob, {
    signal,
  });
  return { diffId: plain.digest(), digest: compressed.digest(), size: compressed.bytes(), tarBytes: plain.bytes() };
}

function* whole(reader: TreeReader): Generator<Buffer> {
  yield* reader.contents('', '');
  yield tarEnd;
}

/** What is passed on at a time: a file of a line is three pieces of a tar, and each of them costs more than to copy it. */
const gatheredBytes = 256 * 1024;

function* gathered(pieces: Iterable<Buffer>): Generator<Buffer> {
  let some: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    some.push(piece);
    bytes += piece.length;
    if (bytes < gatheredBytes) continue;
    yield Buffer.concat(some, bytes);
    some = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(some, bytes);
}

const namesIn = (fd: number): string[] => fs.readdirSync(pathOf(fd));

/** Mount points that are nothing of the container's. */
function leftOutOf({ places }: LayerJob, own: number, below: number | null): ReadonlySet<string> {
  const isEmpty = (path: string): boolean =>
    lookAt(own, path, (stats, fd) =>
      stats.isDirectory() ? namesIn(fd).length === 0 : stats.isFile() && stats.size === 0,
    ) ?? false;
  const leftOut = emptyMountPoints(isEmpty);
  addStepPlaces(
    leftOut,
    places.map((each) => each.replace(/^\/+|\/+$/g, '')),
    {
      isEmpty,
      namesIn: (path) => lookAt(own, path, (stats, fd) => (stats.isDirectory() ? namesIn(fd) : null)),
      isBelow: (path) => below !== null && lookAt(below, path, () => true) === true,
    },
  );
  return leftOut;
}

/** What `look` says of what is at a path, on which no link is followed; null for nothing. */
function lookAt<T>(root: number, path: string, look: (stats: fs.Stats, fd: number) => T): T | null {
  let fd: number;
  try {
    fd = openBeneath(root, path);
  } catch (error) {
    if (error instanceof SystemCallError) return null;
    throw error;
  }
  try {
    return look(fs.fstatSync(fd), fd);
  } finally {
    fs.closeSync(fd);
  }
}

function opened(path: string): Disposable & { readonly fd: number } {
  const fd = openInView(here, path);
  return { fd, [Symbol.dispose]: () => fs.closeSync(fd) };
}
