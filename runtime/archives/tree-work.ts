// Packs what is in a view into a tar, tells what a container has changed, writes a tar into it, or receives one with images, in a thread of
// its own. Bounded: what the other side has not taken is not made, and what the thread has not written is not read.

import type { Readable } from 'node:stream';
import type { BuildFilesJob } from '../build/files/files-job.ts';
import type { ReceiveSentJob, SentAnswer, SentJob } from '../build/files/sent-jobs.ts';
import type { StageKeys, StageKeysJob } from '../build/files/stage-keys.ts';
import { EngineError } from '../errors.ts';
import { giveBack } from '../give-back.ts';
import type { LoadableImage } from '../images/receive-images.ts';
import { archiveWindowBytes } from '../limits.ts';
import type { Packed } from '../store/layer-work.ts';
import type { OwnLayer } from './own-layer.ts';
import type { Done, LayerJob, MadeOwnLayer, ReadJob, ReceiveJob, SearchJob, WriteJob } from './tree-jobs.ts';
import { type Send, thread } from './tree-threads.ts';

/** The tar, or the list, piece by piece. Throws what fails on the way, and the reason of `signal`. The thread is gone when this has ended. */
export async function* readTree(job: ReadJob, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const left = new AbortController();
  const pieces: Uint8Array[] = [];
  let wake = (): void => undefined;
  let send: Send = () => undefined;
  let isOver = false;
  const packed = thread(
    job,
    AbortSignal.any([signal, left.signal]),
    (sender) => (send = sender),
    (message) => {
      if (message.kind === 'piece') pieces.push(message.bytes);
      wake();
    },
  ).finally(() => {
    isOver = true;
    wake();
  });
  packed.catch(() => undefined);
  try {
    for (;;) {
      const piece = pieces.shift();
      if (piece) {
        const bytes = piece.length; // whoever takes it may give it back
        yield piece;
        send({ kind: 'taken', bytes });
      } else if (isOver) {
        await packed;
        return;
      } else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    left.abort(new EngineError('unavailable', 'nobody reads the archive any more'));
    await packed.catch(() => undefined);
  }
}

/** Packs a layer into a file, and tells what it is. Throws tooLarge, and the reason of `signal`. The thread is gone then. */
export async function packLayerFile(job: LayerJob, signal: AbortSignal): Promise<Packed> {
  const { packed } = await thread(
    job,
    signal,
    () => undefined,
    () => undefined,
  );
  if (!packed) throw new EngineError('internal', 'the layer was packed, and nothing is known of it');
  return packed;
}

/** Makes the files of a build's step. Throws what was wrong with them, and the reason of `signal`. The thread is gone then. */
export async function makeFilesOf(job: BuildFilesJob & { readonly layer: null }, signal: AbortSignal): Promise<void> {
  await thread(
    job,
    signal,
    () => undefined,
    () => undefined,
  );
}

/** The same where they become a layer. */
export async function makeLayerOf(
  job: BuildFilesJob & { readonly layer: OwnLayer },
  signal: AbortSignal,
): Promise<MadeOwnLayer> {
  const { made } = await thread(
    job,
    signal,
    () => undefined,
    () => undefined,
  );
  if (!made) throw new EngineError('internal', 'the layer was made, and nothing is known of it');
  return made;
}

/** Tells digests of files of a stage. Throws the reason of `signal`. The thread is gone then. */
export async function lookAtStage(job: StageKeysJob, signal: AbortSignal): Promise<StageKeys> {
  const { stage } = await thread(
    job,
    signal,
    () => undefined,
    () => undefined,
  );
  if (!stage) throw new EngineError('internal', 'the stage was looked at, and nothing is known of it');
  return stage;
}

/** The path, in its layer, of the first file with the text in it; null for none. Throws the reason of `signal`. */
export async function searchLayers(job: SearchJob, signal: AbortSignal): Promise<string | null> {
  const { found } = await thread(
    job,
    signal,
    () => undefined,
    () => undefined,
  );
  return found;
}

/** Writes the archive; resolves when all is there. Throws what was wrong with it, and the reason of `signal`. The thread is gone then. */
export async function writeTree(job: WriteJob, archive: Readable, signal: AbortSignal): Promise<void> {
  await give(job, archive, signal);
}

/** Receives an archive of images, as `receiveImages` says, with what it throws. The thread is gone then. */
export async function receiveTree(
  job: ReceiveJob,
  archive: Readable,
  signal: AbortSignal,
): Promise<readonly LoadableImage[]> {
  const { images } = await give(job, archive, signal);
  if (!images) throw new EngineError('internal', 'the archive was received, and nothing is known of it');
  return images;
}

/** Does a job with what a client has sent. Throws what it throws, and the reason of `signal`. The thread is gone then. */
export async function workOnSentFiles<Kind extends SentJob['kind']>(
  job: SentJob & { readonly kind: Kind },
  signal: AbortSignal,
): Promise<SentAnswer & { readonly kind: Kind }> {
  const done = await thread(
    job,
    signal,
    () => undefined,
    () => undefined,
  );
  return sentAnswer(done, job.kind);
}

/** The same for an archive that comes piece by piece. */
export async function receiveSentTree(
  job: ReceiveSentJob,
  archive: Readable,
  signal: AbortSignal,
): Promise<SentAnswer & { readonly kind: 'sent-receive' }> {
  return sentAnswer(await give(job, archive, signal), job.kind);
}

function sentAnswer<Kind extends SentJob['kind']>({ sent }: Done, kind: Kind): SentAnswer & { readonly kind: Kind } {
  const isIt = (answer: SentAnswer | null): answer is SentAnswer & { readonly kind: Kind } => answer?.kind === kind;
  if (!isIt(sent)) throw new EngineError('internal', 'the thread of what was sent has answered something else');
  return sent;
}

/** Gives a thread what it is to write, and reads no more when it is done. The archive's pieces are empty afterwards. */
async function give(
  job: WriteJob | ReceiveJob | ReceiveSentJob,
  archive: Readable,
  signal: AbortSignal,
): Promise<Done> {
  const stop = new AbortController();
  const { promise: started, resolve: start } = Promise.withResolvers<Send>();
  let untaken = 0;
  const done = thread(job, AbortSignal.any([signal, stop.signal]), start, (message) => {
    if (message.kind === 'taken') untaken -= message.bytes;
    if (untaken <= archiveWindowBytes && archive.isPaused()) archive.resume();
  });
  const { promise: broken, reject: fail } = Promise.withResolvers<never>();
  const close = (): void =>
    fail(new EngineError('unavailable', 'the client has gone before it had sent all: context canceled'));
  archive.on('error', fail).once('close', close);
  let leave = (): void => undefined;
  const feed = async (): Promise<never> => {
    const send = await started;
    const batches = new Batches((batch) => {
      untaken += batch.length;
      send({ kind: 'piece', bytes: batch }, [batch.buffer]);
    });
    const take = (piece: Uint8Array): void => {
      batches.add(piece);
      giveBack(piece);
      if (untaken > archiveWindowBytes) archive.pause();
    };
    const end = (): void => {
      archive.off('close', close); // which comes after the end too
      batches.flush();
      send({ kind: 'piece', bytes: null });
    };
    leave = () => void archive.off('data', take).off('end', end);
    // Event by event: an iterator puts the pieces that wait together, and so copies all once more.
    archive.on('data', take).once('end', end);
    return await broken;
  };
  try {
    // An archive may be broken long before its end.
    return await Promise.race([done, broken, feed()]);
  } catch (error) {
    stop.abort(error);
    await done.catch(() => undefined);
    throw error;
  } finally {
    archive.off('close', close);
    leave();
  }
}

/** Pieces of a client go to the thread some at a time: each message costs more than to copy them. */
const batchBytes = 256 * 1024;

/** Gathers pieces into buffers, each of its own. */
class Batches {
  readonly #send: (batch: Uint8Array<ArrayBuffer>) => void;
  #batch = new Uint8Array(0);
  #filled = 0;

  constructor(send: (batch: Uint8Array<ArrayBuffer>) => void) {
    this.#send = send;
  }

  add(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#filled === this.#batch.length) this.#begin();
      const part = piece.subarray(at, at + this.#batch.length - this.#filled);
      this.#batch.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
    if (this.#filled === batchBytes) this.flush();
  }

  flush(): void {
    if (this.#filled > 0) this.#send(this.#batch.subarray(0, this.#filled));
    this.#batch = new Uint8Array(0);
    this.#filled = 0;
  }

  #begin(): void {
    this.flush();
    this.#batch = Buffer.allocUnsafeSlow(batchBytes);
  }
}
