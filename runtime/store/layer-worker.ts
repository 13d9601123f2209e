// The thread that packs, unpacks or hashes layers, one at a time, so that none of it blocks the engine's own. Started by `layer-work.ts` only.

import { closeSync, createReadStream, createWriteStream, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { at, EngineError } from '../errors.ts';
import { compressionOf, compressor, decompressor, magicBytes } from './compression.ts';
import { extractLayer } from './extract.ts';
import type { Hashed, LayerJob, LayerMessage, Packed, Unpacked } from './layer-work.ts';
import { meter } from './meter.ts';
import { packLayer } from './pack.ts';
import { packingOf, unpackedBytes } from './packed-bytes.ts';

const readBytes = 1024 * 1024;
/** For the layer of a few files: a megabyte for each stream would have V8 look for garbage at every other layer. */
const leastBytes = 16 * 1024;
/** Between two looks at a file that grows: so long as a fast network takes for the next piece. */
const lookAgainMs = 5;

function tell(message: LayerMessage): void {
  parentPort?.postMessage(message);
}

const progress = (bytes: number): void => tell({ kind: 'progress', bytes });

async function packJob(job: LayerJob & { kind: 'pack' }): Promise<Packed> {
  const plain = meter(progress);
  const packed = meter();
  const blob = createWriteStream(job.blob, { flags: 'wx', mode: 0o644, flush: true });
  await pipeline(packLayer(job.directory), plain.stream, compressor(job.compression), packed.stream, blob);
  return { diffId: plain.digest(), digest: packed.digest(), size: packed.bytes(), tarBytes: plain.bytes() };
}

async function compressJob({ from, blob, compression, maxBytes }: LayerJob & { kind: 'compress' }): Promise<Packed> {
  const { done, plain } = openLayer(from, maxBytes, null, { mayBePacked: true });
  const packed = meter();
  const file = createWriteStream(blob, { flags: 'wx', mode: 0o644, flush: true });
  await Promise.all([done, pipeline(plain.stream, compressor(compression), packed.stream, file)]);
  return { diffId: plain.digest(), digest: packed.digest(), size: packed.bytes(), tarBytes: plain.bytes() };
}

function firstBytes(path: string): { readonly start: Buffer; readonly size: number } {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(magicBytes);
    return { start: start.subarray(0, readSync(file, start)), size: fstatSync(file).size };
  } finally {
    closeSync(file);
  }
}

/** What somebody else writes into a file, until it has `length` bytes. */
async function* growing(path: string, length: number): AsyncGenerator<Buffer> {
  await using file = await open(path);
  for (let at = 0; at < length; ) {
    const wanted = Math.min(readBytes, length - at);
    if ((await file.stat()).size < at + wanted) {
      await sleep(lookAgainMs);
      continue;
    }
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, at);
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * The tar in a blob, metered before and after it is expanded. `done` settles once all of it was read. Nothing is hashed twice: a blob
 * that is not compressed is its tar, and one whose digest is `known` has it. `mayBePacked`: by xz or bzip2, which no layer is.
 */
function openLayer(
  blob: string,
  maxBytes: number,
  known: string | null,
  { growsTo, mayBePacked = false }: { readonly growsTo?: number; readonly mayBePacked?: boolean } = {},
) {
  const { start, size } = firstBytes(blob);
  const packing = mayBePacked ? packingOf(start) : null;
  const expand = packing
    ? (packed: AsyncIterable<Buffer>) => unpackedBytes(packed, packing)
    : decompressor(compressionOf(start), Math.max(leastBytes, Math.min(readBytes, 16 * (growsTo ?? size))));
  const source =
    growsTo === undefined
      ? createReadStream(blob, { highWaterMark: Math.max(leastBytes, Math.min(readBytes, size)) })
      : Readable.from(growing(blob, growsTo), { objectMode: false, highWaterMark: readBytes });
  const plain = meter(expand ? undefined : progress);
  const packed = expand ? meter(progress, known) : plain;
  // pipeline() carries an error of any part to the last one, whose reader fails with it.
  const done = expand
    ? pipeline(source, packed.stream, expand, limiter(maxBytes), plain.stream)
    : pipeline(source, limiter(maxBytes), plain.stream);
  done.catch(() => undefined);
  return { done, packed, plain };
}

async function hashJob(job: LayerJob & { kind: 'hash' }): Promise<Hashed> {
  const layer = openLayer(job.blob, job.maxBytes, job.digest);
  layer.plain.stream.resume();
  await layer.done;
  const { plain, packed } = layer;
  return { diffId: plain.digest(), digest: packed.digest(), size: packed.bytes(), tarBytes: plain.bytes() };
}

async function unpackJob(job: LayerJob & { kind: 'unpack' }): Promise<Unpacked> {
  const layer = openLayer(job.blob, job.maxBytes, job.isHashed ? job.digest : null, job);
  const { bytes: size, foreign } = await extractLayer(layer.plain.stream, job.directory, job);
  await layer.done;
  const result = {
    diffId: layer.plain.digest(),
    digest: layer.packed.digest(),
    size,
    tarBytes: layer.plain.bytes(),
    foreign,
  };
  for (const [what, found, expected] of [
    ['digest', result.digest, job.digest],
    ['diff ID', result.diffId, job.diffId],
  ] as const) {
    if (expected !== null && found !== expected) {
      throw new EngineError('dataLoss', `the layer's ${what} is ${found}, but its image says ${expected}`);
    }
  }
  return result;
}

/** Stops a stream that a small archive blows up into; headers and padding count too. */
function limiter(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      // A tar of empty files is up to 1.5 KiB for each; the entry limit bounds those.
      if (bytes > maxBytes * 2 + readBytes)
        done(new EngineError('tooLarge', `the layer expands to more than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
}

const doing = { pack: 'pack layer', compress: 'compress layer', unpack: 'unpack layer', hash: 'read layer' } as const;

async function answer(job: LayerJob): Promise<void> {
  try {
    if (job.kind === 'pack') tell({ kind: 'packed', result: await packJob(job) });
    else if (job.kind === 'compress') tell({ kind: 'packed', result: await compressJob(job) });
    else if (job.kind === 'unpack') tell({ kind: 'unpacked', result: await unpackJob(job) });
    else tell({ kind: 'hashed', result: await hashJob(job) });
  } catch (error) {
    const failure = at(doing[job.kind], error);
    tell({ kind: 'failed', errorKind: failure.kind, message: failure.message });
  }
}

parentPort?.on('message', (job: LayerJob) => void answer(job));
