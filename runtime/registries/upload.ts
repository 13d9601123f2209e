// Sends a blob to a repository, unless it is there (distribution `docs/spec/api`: initiate, PATCH, PUT), and goes on with an upload
// whose connection broke.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline, Readable, Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { maxBlobTries, maxRegistryErrorBytes } from '../limits.ts';
import type { Blob } from '../store/blobs.ts';
import { gzipFile } from '../store/gzip.ts';
import { readDocument } from './document.ts';
import { RegistryFailure } from './failure.ts';
import type { Repository } from './repository.ts';
import { failureOf, type Incoming } from './transport.ts';

const readBytes = 256 * 1024;

/** A blob that is sent as it is: a file, or the bytes themselves. */
export interface WholeBlob {
  readonly blob: Blob;
  readonly content: { readonly path: string } | { readonly bytes: Uint8Array };
}

/** A file that is compressed while it is sent. */
export interface PlainFile {
  readonly plain: string;
  /** What it was compressed to the last time, which a registry may have; null the first time. */
  readonly blob: Blob | null;
}

export type UploadBlob = (WholeBlob | PlainFile) & {
  /** Repositories of the same registry that may have it. */
  readonly mountFrom: readonly string[];
};

export interface UploadOptions {
  readonly pauseMs: number;
  /** Told how many bytes of the blob, or of the plain file, have been sent. */
  readonly onBytes: (bytes: number) => void;
  readonly onRetry: (pauseMs: number) => void;
}

/** What has become of it: it was there, it is in another repository of the registry, or it was sent. */
export type Uploaded = { readonly blob: Blob } & (
  | { readonly kind: 'there' | 'sent' }
  | { readonly kind: 'mounted'; readonly from: string }
);

/** Throws RegistryFailure. As Docker tells it, a failure does not name the request that failed. */
export async function uploadBlob(
  repository: Repository,
  upload: UploadBlob,
  options: UploadOptions,
): Promise<Uploaded> {
  try {
    const { blob } = upload;
    if (blob) {
      if (await isThere(repository, blob)) return { kind: 'there', blob };
      for (const from of upload.mountFrom)
        if (await mount(repository, blob.digest, from)) return { kind: 'mounted', from, blob };
    }
    return { kind: 'sent', blob: await send(repository, upload, options) };
  } catch (error) {
    throw error instanceof RegistryFailure ? error.withoutRequest() : error;
  }
}

/** What was sent. */
async function send(repository: Repository, upload: UploadBlob, options: UploadOptions): Promise<Blob> {
  for (let tries = 1; ; tries++) {
    try {
      const begun = await begin(repository);
      const { place, blob } =
        'plain' in upload
          ? await sendCompressed(repository, begun, upload.plain, options.onBytes)
          : { place: await sendWhole(repository, begun, upload, options.onBytes), blob: upload.blob };
      const url = new URL(place);
      url.searchParams.set('digest', blob.digest);
      await settle(await repository.ask({ method: 'PUT', url, headers: { 'Content-Length': '0' } }, [201, 204]));
      return blob;
    } catch (error) {
      const failure = failureOf(error);
      const mayTryAgain = failure.kind === 'lost' || failure.kind === 'network' || failure.status >= 500;
      if (!mayTryAgain || tries >= maxBlobTries) throw failure;
      const pauseMs = options.pauseMs * tries;
      options.onRetry(pauseMs);
      await sleep(pauseMs);
    }
  }
}

async function isThere(repository: Repository, { digest }: Blob): Promise<boolean> {
  const incoming = await repository.ask({ method: 'HEAD', url: repository.at(`blobs/${digest}`) }, [200, 404]);
  incoming.body.resume();
  return incoming.status === 200;
}

/** False where the registry would have it sent; whatever it says, sending it will do. */
async function mount(repository: Repository, digest: string, from: string): Promise<boolean> {
  const url = repository.at('blobs/uploads/');
  url.searchParams.set('mount', digest);
  url.searchParams.set('from', from);
  try {
    const scopes = [`repository:${from}:pull`];
    const incoming = await repository.ask(
      { method: 'POST', url, headers: { 'Content-Length': '0' } },
      [201, 202],
      scopes,
    );
    await settle(incoming);
    return incoming.status === 201;
  } catch (error) {
    if (error instanceof RegistryFailure && error.kind === 'answer') return false;
    throw error;
  }
}

async function begin(repository: Repository): Promise<URL> {
  const url = repository.at('blobs/uploads/');
  const incoming = await repository.ask({ method: 'POST', url, headers: { 'Content-Length': '0' } }, [202]);
  await settle(incoming);
  return repository.locationIn(incoming);
}

/** Gives where the upload goes on. Goes on by itself where a connection breaks. */
async function sendWhole(
  repository: Repository,
  begun: URL,
  whole: WholeBlob,
  onBytes: (bytes: number) => void,
): Promise<URL> {
  const { size } = whole.blob;
  let place = begun;
  let sent = 0;
  for (let breaks = 0; ; breaks++) {
    try {
      return await sendFrom(repository, place, whole, sent, onBytes);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind !== 'lost' || breaks >= maxBlobTries) throw failure;
      ({ place, sent } = await askHowFar(repository, place, size));
      if (sent === size) return place;
    }
  }
}

/** Gives where the upload goes on. */
async function sendFrom(
  repository: Repository,
  url: URL,
  { content, blob: { size } }: WholeBlob,
  from: number,
  onBytes: (bytes: number) => void,
): Promise<URL> {
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(size - from),
    ...(from > 0 && { 'Content-Range': `${from}-${size - 1}` }),
  };
  const body = 'bytes' in content ? content.bytes.subarray(from) : counted(content.path, from, onBytes);
  const incoming = await repository.ask({ method: 'PATCH', url, headers, body }, [202, 204]);
  await settle(incoming);
  return repository.locationIn(incoming);
}

/** The file from a byte on. Whoever destroys it closes the file. */
function counted(path: string, from: number, onBytes: (bytes: number) => void): Readable {
  let bytes = from;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      onBytes(bytes);
      done(null, chunk);
    },
  });
  return pipeline(createReadStream(path, { start: from, highWaterMark: readBytes }), count, () => undefined);
}

/** Of an upload whose connection breaks nothing is kept, as with Docker's: how long it will be is known only when all of it was made. */
async function sendCompressed(
  repository: Repository,
  begun: URL,
  plain: string,
  onBytes: (bytes: number) => void,
): Promise<{ place: URL; blob: Blob }> {
  const hash = createHash('sha256');
  let size = 0;
  let isWhole = false;
  async function* pieces(): AsyncGenerator<Buffer> {
    for await (const piece of gzipFile(plain, onBytes)) {
      hash.update(piece);
      size += piece.length;
      yield piece;
    }
    isWhole = true;
  }
  const headers = { 'Content-Type': 'application/octet-stream', 'Transfer-Encoding': 'chunked' };
  const body = Readable.from(pieces(), { objectMode: false });
  const incoming = await repository.ask({ method: 'PATCH', url: begun, headers, body }, [202, 204]);
  await settle(incoming);
  if (!isWhole) throw new RegistryFailure('the registry has answered before all was sent', { kind: 'lost' });
  return { place: repository.locationIn(incoming), blob: { digest: `sha256:${hash.digest('hex')}`, size } };
}

/** How many bytes of an upload whose connection broke have come. */
async function askHowFar(repository: Repository, place: URL, size: number): Promise<{ place: URL; sent: number }> {
  const incoming = await repository.ask({ method: 'GET', url: place }, [204, 202, 200]);
  await settle(incoming);
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(String(incoming.headers.range ?? ''))?.[1];
  // `0-0` is what distribution says of nothing at all as well.
  const sent = last === undefined || last === '0' ? 0 : Number(last) + 1;
  if (sent > size) throw new RegistryFailure('the registry has more of the blob than there is', { kind: 'broken' });
  return { place: incoming.headers.location === undefined ? place : repository.locationIn(incoming), sent };
}

/** Reads an answer that says nothing, so that its connection can be used again. */
async function settle(incoming: Incoming): Promise<void> {
  await readDocument(incoming, maxRegistryErrorBytes);
}
