// The layers of builds as files to be given away, compressed as was asked for: each once, on the host's disk, until they are disposed of.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import type { ContainerHost } from '../../containers/container.ts';
import { diskFull } from '../../errors.ts';
import type { StoredLayer } from '../../images/build-exchange.ts';
import { makeDirectory } from '../../kernel/directories.ts';
import { removeTree } from '../../kernel/remove-tree.ts';
import type { WholeBlob } from '../../registries/upload.ts';
import { type Compression, decompressor } from '../../store/compression.ts';
import { gzipFile } from '../../store/gzip.ts';
import type { BuiltLayer } from '../execute/made.ts';
import type { CompressionChoice } from './attributes.ts';
import { withTimes } from './tar-times.ts';

export interface LayerFile {
  readonly diffId: string;
  readonly digest: string;
  readonly size: number;
  readonly compression: Compression;
  readonly path: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const megabyte = 1024 * 1024;

/** Passes bytes on, and tells what they were once all have passed. */
class Counted extends Transform {
  readonly #hash = createHash('sha256');
  size = 0;

  override _transform(piece: Buffer, _encoding: string, done: (error: null, piece: Buffer) => void): void {
    this.#hash.update(piece);
    this.size += piece.length;
    done(null, piece);
  }

  /** To be asked once. */
  get digest(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

export class LayerFiles implements AsyncDisposable {
  readonly #host: ContainerHost;
  readonly #signal: AbortSignal;
  readonly #directory: string;
  readonly #files = new Map<string, Promise<LayerFile>>();
  /** Settles when no file is being written: one at a time is enough for two cores. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(host: ContainerHost, signal: AbortSignal) {
    this.#host = host;
    this.#signal = signal;
    this.#directory = `${host.directory}/build/layers-${randomUUID()}`;
  }

  /**
   * Of layers that are unpacked, in their order. With `rewriteTo`, in seconds, what those that were built have of a later time is of that
   * one: they are other layers then. Throws noSpace, unavailable, and the reason of the signal.
   */
  async files(
    layers: readonly BuiltLayer[],
    choice: CompressionChoice,
    rewriteTo: number | null = null,
  ): Promise<LayerFile[]> {
    const files: LayerFile[] = [];
    for (const layer of layers) files.push(await this.#file(layer, choice, rewriteTo));
    return files;
  }

  #file(layer: BuiltLayer, choice: CompressionChoice, rewriteTo: number | null): Promise<LayerFile> {
    const key = JSON.stringify([layer.diffId, choice, rewriteTo]);
    const make = (): Promise<LayerFile> =>
      rewriteTo === null || layer.createdAt === null
        ? this.#make(layer, choice)
        : this.#rewrite(layer, choice, rewriteTo);
    const known = this.#files.get(key) ?? this.#inTurn(make);
    this.#files.set(key, known);
    known.catch(() => this.#files.delete(key));
    return known;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }

  async #make({ diffId, createdAt }: BuiltLayer, choice: CompressionChoice): Promise<LayerFile> {
    this.#signal.throwIfAborted();
    const { exchange } = this.#host.images.builds;
    const stored = await exchange.stored(diffId);
    const { path, digest, size, compression } = stored;
    const { level, isForced } = choice;
    // As `docker push` does it.
    const type = choice.type ?? (compression === 'none' ? 'gzip' : compression);
    // A base's layer that came compressed stays as it is, unless that is said: its registry knows it so. How this engine keeps what
    // it made is its own affair.
    const stays = createdAt === null && compression !== 'none' && !isForced;
    const isSuch = type === compression && level === null;
    if (stays || isSuch) return { diffId, digest, size, compression, path };
    try {
      const made = await this.#compress(stored, { type, level });
      if (type === 'gzip' && level === null && compression === 'none')
        exchange.compressedTo(diffId, { digest: made.digest, size: made.size });
      return { diffId, compression: type, ...made };
    } catch (error) {
      throw diskFull(error) ?? error;
    }
  }

  /** With no time in it later than `to`. */
  async #rewrite({ diffId }: BuiltLayer, { type: said, level }: CompressionChoice, to: number): Promise<LayerFile> {
    this.#signal.throwIfAborted();
    const stored = await this.#host.images.builds.exchange.stored(diffId);
    const type = said ?? (stored.compression === 'none' ? 'gzip' : stored.compression);
    const { file, count, target } = this.#newFile();
    const unpacked = new Counted();
    const from = createReadStream(stored.path, { highWaterMark: megabyte });
    const before = decompressor(stored.compression);
    const times = Readable.from(
      withTimes(before ? from.pipe(before) : from, (seconds) => Math.min(seconds, to)),
      { objectMode: false },
    );
    const between = [unpacked, compressor(type, level), count].filter((one) => one !== null);
    try {
      await pipeline([times, ...between, target], { signal: this.#signal });
    } catch (error) {
      throw diskFull(error) ?? error;
    } finally {
      from.destroy();
    }
    const annotations = { 'buildkit/rewritten-timestamp': String(to) };
    return {
      diffId: unpacked.digest,
      digest: count.digest,
      size: count.size,
      compression: type,
      path: file,
      annotations,
    };
  }

  #newFile() {
    makeDirectory(`${this.#host.directory}/build`, 0o700);
    makeDirectory(this.#directory, 0o700);
    const file = `${this.#directory}/${randomUUID()}`;
    return { file, count: new Counted(), target: createWriteStream(file, { flags: 'wx', mode: 0o600 }) };
  }

  async #compress(
    { path, compression }: StoredLayer,
    { type, level }: { readonly type: Compression; readonly level: number | null },
  ): Promise<{ digest: string; size: number; path: string }> {
    const { file, count, target } = this.#newFile();
    const signal = this.#signal;
    if (compression === 'none' && type === 'gzip' && level === null) {
      // The same as a push makes of it, so that a registry which has it is not sent it again.
      const pieces = Readable.from(
        gzipFile(path, () => undefined),
        { objectMode: false },
      );
      await pipeline(pieces, count, target, { signal });
    } else {
      const from = createReadStream(path, { highWaterMark: megabyte });
      const between = [decompressor(compression), compressor(type, level)].filter((one) => one !== null);
      await pipeline([from, ...between, count, target], { signal });
    }
    return { digest: count.digest, size: count.size, path: file };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await removeTree(this.#directory);
  }
}

function compressor(type: Compression, level: number | null): Transform | null {
  switch (type) {
    case 'none':
      return null;
    case 'gzip':
      return createGzip({ level: level ?? 1, chunkSize: megabyte });
    case 'zstd':
      return createZstdCompress({ chunkSize: megabyte, params: { [constants.ZSTD_c_compressionLevel]: level ?? 3 } });
  }
}

/** As a registry is sent it. */
export const uploadOf = ({ digest, size, path }: LayerFile): WholeBlob => ({
  blob: { digest, size },
  content: { path },
});
