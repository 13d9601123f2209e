// Packs what is in a view into a tar, tells what a container has changed, or writes a tar into it, in a thread of its own. Bounded: what the other side has not taken
// is not made, and what the thread has not written is not read.

import { EngineError } from '../errors.ts';
import { giveBack } from '../give-back.ts';
import { archiveWindowBytes } from '../limits.ts';
import type { Packed } from '../store/layer-work.ts';
import type { LayerJob, ReadJob, WriteJob } from './tree-jobs.ts';
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

/** Pieces of a client go to the thread some at a time: each message costs more than to copy it. */
const batchBytes = 256 * 1024;

/** Each batch is a buffer of its own; the pieces are given back. */
async function* inBatches(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let batch = new Uint8Array(0);
  let filled = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      if (filled === batch.length) {
        if (filled > 0) yield batch;
        batch = Buffer.allocUnsafeSlow(batchBytes);
        filled = 0;
      }
      const part = piece.subarray(at, at + batch.length - filled);
      batch.set(part, filled);
      filled += part.length;
      at += part.length;
    }
    giveBack(piece);
  }
  if (filled > 0) yield batch.subarray(0, filled);
}

/** Writes the archive, whose pieces are empty afterwards; resolves when all is there. Throws what was wrong with it, and the reason of `signal`. The thread is gone then. */
export async function writeTree(job: WriteJob, archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  let wake = (): void => undefined;
  let send: Send = () => undefined;
  let waiting = 0;
  let isOver = false;
  const written = thread(
    job,
    AbortSignal.any([signal, stop.signal]),
    (sender) => (send = sender),
    (message) => {
      if (message.kind === 'taken') waiting -= message.bytes;
      wake();
    },
  ).finally(() => {
    isOver = true;
    wake();
  });
  const feed = async (): Promise<void> => {
    for await (const piece of inBatches(archive)) {
      if (isOver) return;
      waiting += piece.length;
      send({ kind: 'piece', bytes: piece }, [piece.buffer]);
      while (waiting > archiveWindowBytes && !isOver) await new Promise<void>((resolve) => (wake = resolve));
    }
    send({ kind: 'piece', bytes: null });
  };
  const fed = feed();
  fed.catch(() => undefined);
  try {
    // An archive may end before what the client sends does, and fail long before.
    await Promise.race([fed, written]);
    await written;
  } catch (error) {
    stop.abort(error);
    await written.catch(() => undefined);
    throw error;
  }
}
