// Brings a blob into a file: hashed while it comes, never longer than it should be, and gone on with where a connection breaks.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { diskFull } from '../errors.ts';
import { giveBack } from '../give-back.ts';
import { maxBlobTries, slowBytes } from '../limits.ts';
import { RegistryFailure } from './failure.ts';
import type { Descriptor } from './manifest.ts';
import type { Repository } from './repository.ts';
import { failureOf, type Incoming } from './transport.ts';

/** What may wait to be written: pieces are small, and go to the file many at a time. */
const waitingBytes = 1024 * 1024;

export interface DownloadOptions {
  /** In each span of this length so many bytes must come (`slowBytes`), or the connection is given up. */
  readonly idleMs: number;
  /** Before the second try; as much more before each of those after it. */
  readonly pauseMs: number;
  readonly onBytes: (bytes: number) => void;
  /** Told before each pause. */
  readonly onRetry: (pauseMs: number) => void;
}

/** `path` is a new file's. Throws RegistryFailure; what is in the file then is the caller's to remove. */
export async function downloadBlob(
  repository: Repository,
  descriptor: Descriptor,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const { digest, size } = descriptor;
  const hash = createHash('sha256');
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: waitingBytes });
  const closed = finished(file);
  closed.catch(() => undefined);
  let bytes = 0;
  const take = async (piece: Buffer): Promise<void> => {
    if (bytes + piece.length > size)
      throw new RegistryFailure(`the blob ${digest} has more than the ${size} bytes that its manifest says`, {
        kind: 'broken',
      });
    if (file.errored) throw notWritten(file.errored);
    hash.update(piece);
    bytes += piece.length;
    const mayGoOn = file.write(piece, (error) => {
      if (!error) giveBack(piece);
    });
    options.onBytes(bytes);
    if (!mayGoOn) await Promise.race([once(file, 'drain'), closed]).catch(() => undefined);
  };
  try {
    let tries = 1;
    do {
      const before = bytes;
      try {
        await readFrom(repository, descriptor, bytes, options.idleMs, take);
        if (bytes < size) throw new RegistryFailure('unexpected EOF', { kind: 'lost' });
      } catch (error) {
        const failure = failureOf(error);
        tries = bytes - before >= slowBytes ? 2 : tries + 1;
        if (!['lost', 'network'].includes(failure.kind) || tries > maxBlobTries) throw failure;
        const pauseMs = options.pauseMs * (tries - 1);
        options.onRetry(pauseMs);
        await sleep(pauseMs);
      }
    } while (bytes < size);
    file.end();
    await closed.catch((error: Error) => {
      throw notWritten(error);
    });
  } finally {
    file.destroy();
    await closed.catch(() => undefined);
  }
  if (`sha256:${hash.digest('hex')}` !== digest)
    throw new RegistryFailure(`filesystem layer verification failed for digest ${digest}`, { kind: 'broken' });
}

function notWritten(error: Error): RegistryFailure {
  return new RegistryFailure(diskFull(error)?.message ?? error.message, { kind: 'broken', cause: error });
}

/** Reads the blob from a byte on. Of a registry that knows no ranges and sends all of it, what was there is dropped. */
async function readFrom(
  repository: Repository,
  { digest, size }: Descriptor,
  from: number,
  idleMs: number,
  take: (piece: Buffer) => Promise<void>,
): Promise<void> {
  const url = repository.at(`blobs/${digest}`);
  const headers: Record<string, string> = from > 0 ? { Range: `bytes=${from}-` } : {};
  const incoming = await repository.ask({ method: 'GET', url, headers }, from > 0 ? [200, 206] : [200]);
  const { body, status } = incoming;
  if (status === 206 && !(incoming.headers['content-range'] ?? '').startsWith(`bytes ${from}-`)) {
    body.destroy();
    throw new RegistryFailure('the registry sends another part of the blob than was asked for', { kind: 'broken' });
  }
  const said = incoming.headers['content-length'];
  if (said !== undefined && Number(said) !== size - (status === 206 ? from : 0)) {
    body.destroy();
    throw new RegistryFailure(`the blob ${digest} has not the ${size} bytes that its manifest says`, {
      kind: 'broken',
    });
  }
  let drop = status === 200 ? from : 0;
  using _pace = endWhereSlow(incoming, idleMs);
  for await (const piece of body as AsyncIterable<Buffer>) {
    const dropped = Math.min(drop, piece.length);
    drop -= dropped;
    if (dropped < piece.length) await take(piece.subarray(dropped));
  }
}

/** Ends the body where too little comes, until it is disposed of. */
function endWhereSlow({ body }: Incoming, idleMs: number): Disposable {
  const { socket } = body;
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    if (socket.bytesRead - before < slowBytes)
      body.destroy(new RegistryFailure('net/http: timeout while reading body', { kind: 'lost' }));
    before = socket.bytesRead;
  }, idleMs);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      body.destroy();
    },
  };
}
