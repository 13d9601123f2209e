// A thread that packs tars out of views, writes them into these, or receives images, a job at a time. Started by `tree-threads.ts` only.

import fs from 'node:fs';
import { Readable } from 'node:stream';
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { SentJob } from '../build/files/sent-jobs.ts';
import { at, EngineError } from '../errors.ts';
import type { LoadableImage } from '../images/receive-images.ts';
import { openInView } from '../kernel/beneath.ts';
import { here } from '../kernel/mounts.ts';
import { holdMounts, moveIntoMounts, ownRootDirectory } from '../kernel/thread-mounts.ts';
import { archiveWindowBytes } from '../limits.ts';
import { tarEnd } from '../store/tar-header.ts';
import { changesOf } from './changes.ts';
import { copyFailure } from './failure.ts';
import { findText } from './find-text.ts';
import { givenFiles } from './given-files.ts';
import { packLayer } from './pack-layer.ts';
import { TreeReader } from './read-tree.ts';
import { atPath } from './stat.ts';
import type {
  Assignment,
  ChangesJob,
  Done,
  PackJob,
  ReadJob,
  ReceiveJob,
  SearchJob,
  TreeJob,
  TreeMessage,
  TreeOrder,
  WriteJob,
} from './tree-jobs.ts';
import { writeArchive } from './write-archive.ts';

/** Small pieces go together in one of this size. */
const pieceBytes = 256 * 1024;

/** What the job in hand is told, and tells. */
class Talk {
  readonly #port: MessagePort;
  readonly #orders: TreeOrder[] = [];
  #wake = (): void => undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (order: TreeOrder) => {
      this.#orders.push(order);
      this.#wake();
    });
  }

  /** Throws where nobody wants the job done any more. */
  async next(): Promise<Exclude<TreeOrder, { kind: 'stop' }>> {
    for (;;) {
      const order = this.#orders.shift();
      if (order?.kind === 'stop') throw new EngineError('unavailable', 'nobody wants the archive any more');
      if (order) return order;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  tell(message: TreeMessage, givenUp: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, givenUp);
  }
}

/** Sends pieces, as far as they are taken. */
class Outlet {
  readonly #talk: Talk;
  #batch = Buffer.alloc(0);
  #filled = 0;
  #untaken = 0;

  constructor(talk: Talk) {
    this.#talk = talk;
  }

  async add(piece: Buffer): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      if (this.#filled === this.#batch.length) await this.#next();
      const copied = piece.copy(this.#batch, this.#filled, at);
      this.#filled += copied;
      at += copied;
    }
  }

  async flush(): Promise<void> {
    await this.#next();
  }

  async #next(): Promise<void> {
    if (this.#filled > 0) {
      const bytes = this.#batch.subarray(0, this.#filled);
      this.#untaken += bytes.length;
      this.#talk.tell({ kind: 'piece', bytes }, [this.#batch.buffer as ArrayBuffer]);
    }
    this.#filled = 0;
    this.#batch = Buffer.allocUnsafeSlow(pieceBytes);
    while (this.#untaken > archiveWindowBytes) {
      const order = await this.#talk.next();
      if (order.kind === 'taken') this.#untaken -= order.bytes;
    }
  }
}

const bytes = (text: string): string => Buffer.from(text).toString('latin1');

/** The directory that `path` is or is in, opened by its links, and what of it is meant: all, or one name. */
function openAt(root: number, path: string): { readonly directory: number; readonly only: string | null } {
  if (atPath(root, path, (_, stats) => stats.isDirectory()))
    return { directory: openInView(root, `${path}/.`), only: null };
  const cut = path.lastIndexOf('/');
  return { directory: openInView(root, `${path.slice(0, cut)}/.`), only: path.slice(cut + 1) };
}

function* packed({ root: place, path, name, uidBase }: PackJob): Generator<Buffer> {
  using root = opened(place);
  const { directory, only } = openAt(root.fd, path);
  try {
    const reader = new TreeReader(directory, { uidBase, asLayer: false, leftOut: new Set() });
    if (only !== null) yield* reader.entry(bytes(only), bytes(name));
    else {
      if (name !== '') yield* reader.directory('', bytes(name));
      yield* reader.contents('', bytes(name));
    }
  } finally {
    fs.closeSync(directory);
  }
  yield tarEnd;
}

function* listed({ own: place, image }: ChangesJob): Generator<Buffer> {
  using own = opened(place);
  using below = opened(image);
  let between = '[';
  for (const change of changesOf(own.fd, below.fd)) {
    yield Buffer.from(between + JSON.stringify(change));
    between = ',';
  }
  // As Go tells a list that nothing was ever added to.
  yield Buffer.from(between === '[' ? 'null\n' : ']\n');
}

function opened(path: string): Disposable & { readonly fd: number } {
  const fd = openInView(here, path);
  return { fd, [Symbol.dispose]: () => fs.closeSync(fd) };
}

/** Aborts where nobody wants the job done any more. */
function stopped(talk: Talk): AbortSignal {
  const stop = new AbortController();
  talk.next().catch((reason) => stop.abort(reason));
  return stop.signal;
}

async function readJob(job: ReadJob, talk: Talk): Promise<void> {
  const outlet = new Outlet(talk);
  if (job.kind === 'files') for await (const piece of givenFiles(job)) await outlet.add(piece);
  else for (const piece of job.kind === 'pack' ? packed(job) : listed(job)) await outlet.add(piece);
  await outlet.flush();
}

async function writeJob(job: WriteJob, talk: Talk): Promise<void> {
  using root = opened(job.root);
  await writeArchive(Readable.from(given(talk)), root.fd, job);
}

/** The archive that the other side sends. */
async function* given(talk: Talk): AsyncGenerator<Uint8Array> {
  for (;;) {
    const order = await talk.next();
    if (order.kind !== 'piece' || order.bytes === null) return;
    yield order.bytes;
    talk.tell({ kind: 'taken', bytes: order.bytes.length });
  }
}

async function receiveJob(job: ReceiveJob, talk: Talk): Promise<readonly LoadableImage[]> {
  // Only here: it is large, and the other jobs need nothing of it.
  const { receiveImages } = await import('../images/receive-images.ts');
  return await receiveImages(Readable.from(given(talk)), job);
}

function isSentJob(job: TreeJob): job is SentJob {
  return job.kind.startsWith('sent-');
}

async function work(job: TreeJob, talk: Talk): Promise<Done> {
  const done = { kind: 'done', packed: null, made: null, images: null, found: null, sent: null, stage: null } as const;
  if (job.kind === 'receive') return { ...done, images: await receiveJob(job, talk) };
  if (job.kind === 'search') return { ...done, found: findText(job) };
  if (isSentJob(job)) {
    // Only here, as above.
    const { workOnSent } = await import('../build/files/sent-work.ts');
    return { ...done, sent: await workOnSent(job, () => given(talk)) };
  }
  const mounts = mountsOf(job);
  if (mounts !== null) moveIntoMounts(mounts);
  try {
    if (job.kind === 'build-files') {
      // Only here, as above.
      const { makeFiles } = await import('../build/files/make-files.ts');
      return { ...done, made: await makeFiles(job, stopped(talk)) };
    }
    if (job.kind === 'stage-keys') {
      // Only here, as above.
      const { stageKeys } = await import('../build/files/stage-keys.ts');
      return { ...done, stage: stageKeys(job) };
    }
    if (job.kind === 'layer') return { ...done, packed: await packLayer(job, stopped(talk)) };
    if (job.kind === 'write') await writeJob(job, talk);
    else await readJob(job, talk);
    return done;
  } finally {
    if (mounts !== null) moveIntoMounts(ownMounts);
  }
}

/** Where the job is done, where that is not the engine's own mount namespace. */
function mountsOf(job: Exclude<TreeJob, ReceiveJob | SearchJob | SentJob>): number | null {
  if (job.kind === 'files') return null;
  return job.kind === 'layer' ? (job.below?.mounts ?? null) : job.mounts;
}

async function perform(assignment: Assignment): Promise<void> {
  if (assignment === 'retire') {
    fs.closeSync(ownMounts);
    parentPort?.close();
    return;
  }
  const { job, port } = assignment;
  const talk = new Talk(port);
  try {
    talk.tell(await work(job, talk));
  } catch (error) {
    const failed = copyFailure('archive', error);
    const failure = failed instanceof EngineError ? failed : at('archive', failed);
    talk.tell({ kind: 'failed', errorKind: failure.kind, message: failure.message });
  }
}

const ownMounts = holdMounts();
ownRootDirectory();
parentPort?.on('message', (assignment: Assignment) => void perform(assignment));
