// A tar of files that the engine itself has: documents, and layers, which are expanded and verified on the way.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { EngineError } from '../errors.ts';
import { compressionOf, decompressor, peek } from '../store/compression.ts';
import { meter } from '../store/meter.ts';
import { padding, type TarEntry, tarEnd, tarHeader } from '../store/tar-header.ts';
import type { FilesJob, GivenFile } from './tree-jobs.ts';

const readBytes = 256 * 1024;

const common = { uid: 0, gid: 0, linkname: '', device: { major: 0, minor: 0 }, records: [] } as const;

/** Throws dataLoss where a layer is not what it should be: then the tar stays without its end. */
export async function* givenFiles({ directories, files, madeAtSeconds }: FilesJob): AsyncGenerator<Buffer> {
  const mtimeSeconds = madeAtSeconds ?? Math.floor(Date.now() / 1000);
  for (const name of directories)
    yield tarHeader({ ...common, name, type: 'directory', mode: 0o755, size: 0, mtimeSeconds });
  for (const file of files) yield* 'content' in file ? document(file) : layer(file);
  yield tarEnd;
}

function headerOf({ name, mtimeSeconds }: GivenFile, size: number): Buffer {
  const entry: TarEntry = { ...common, name, type: 'file', mode: 0o644, size, mtimeSeconds };
  return tarHeader(entry);
}

function* document(file: Extract<GivenFile, { content: string }>): Generator<Buffer> {
  const bytes = Buffer.from(file.content);
  yield headerOf(file, bytes.length);
  yield bytes;
  yield Buffer.alloc(padding(bytes.length));
}

async function* layer(file: Extract<GivenFile, { blob: string }>): AsyncGenerator<Buffer> {
  const size = file.bytes;
  yield headerOf(file, size);
  const whole = meter();
  yield* await expand(file, whole.stream);
  if (whole.digest() !== file.digest || whole.bytes() !== size)
    throw new EngineError('dataLoss', `the layer ${file.digest} has changed on the disk`);
  yield Buffer.alloc(padding(size));
}

/** What a layer expands to, or its file as it is. */
async function expand(
  { blob, isWhole }: Extract<GivenFile, { blob: string }>,
  through: ReturnType<typeof meter>['stream'],
): Promise<AsyncIterable<Buffer>> {
  const { start, whole } = await peek(createReadStream(blob, { highWaterMark: readBytes }));
  const decompress = isWhole ? null : decompressor(compressionOf(start));
  const done = (): void => undefined; // an error is the reader's, who gets it too
  return decompress ? pipeline(whole, decompress, through, done) : pipeline(whole, through, done);
}
