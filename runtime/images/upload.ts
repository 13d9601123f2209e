// Receives what a client sends for `load` and `import`: to files whose names are the engine's own, within limits.

import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, statSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { at, EngineError } from '../errors.ts';
import { maxLoadEntries } from '../limits.ts';
import { compressionOf, decompressor, peek } from '../store/compression.ts';
import { components } from '../store/tree.ts';

export interface UploadedFile {
  readonly path: string;
  readonly size: number;
}

/** The files of an archive, each under its name in it; they can be handed to a thread. */
export class UploadedFiles {
  readonly #files: ReadonlyMap<string, UploadedFile>;

  constructor(files: ReadonlyMap<string, UploadedFile>) {
    this.#files = files;
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  /** Throws invalid where the archive does not hold the file. Names that climb are in no archive. */
  file(name: string): UploadedFile {
    const file = this.#files.get(
      name
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/'),
    );
    if (!file) throw new EngineError('invalid', `the archive has no file ${JSON.stringify(name)}`);
    return file;
  }

  /** A small file's text. Throws tooLarge beyond `maxBytes`. */
  async text(name: string, maxBytes: number): Promise<string> {
    const file = this.file(name);
    if (file.size > maxBytes) throw new EngineError('tooLarge', `${JSON.stringify(name)} is over ${maxBytes} bytes`);
    return readFile(file.path, 'utf8');
  }
}

/** What a client sends, received. Nothing of a name ever becomes a path. Removed when disposed of. */
export class Upload {
  readonly directory: string;
  readonly #files = new Map<string, UploadedFile>();

  constructor(uploads: string) {
    this.directory = `${uploads}/${randomUUID()}`;
    mkdirSync(this.directory, { mode: 0o700 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Stores the whole stream as one file. Throws tooLarge beyond `maxBytes`. */
  async receiveFile(content: Readable, maxBytes: number, signal: AbortSignal): Promise<UploadedFile> {
    const path = `${this.directory}/content`;
    await pipeline(content, limit(maxBytes), createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
    return { path, size: statSync(path).size };
  }

  /** Stores the files of a tar, which may be compressed. Throws invalid for links and devices, tooLarge beyond the limits. */
  async receiveArchive(content: Readable, maxBytes: number, signal: AbortSignal): Promise<void> {
    const reader = extract();
    const feeding = feed(content, reader, maxBytes, signal);
    feeding.catch((error: unknown) => reader.destroy(error instanceof Error ? error : new Error(String(error))));
    let entries = 0;
    for await (const body of reader) {
      const { header } = body;
      try {
        if (++entries > maxLoadEntries)
          throw new EngineError('tooLarge', `the archive has over ${maxLoadEntries} entries`);
        const name = components(header.name).join('/');
        if (header.type === 'directory') {
          body.resume();
          continue;
        }
        if (header.type !== 'file' && header.type !== 'contiguous-file') {
          throw new EngineError('invalid', 'it is no file; an archive of images holds files only');
        }
        if (this.#files.has(name)) throw new EngineError('invalid', 'the archive holds it twice');
        const path = `${this.directory}/${entries}`;
        await pipeline(body, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
        this.#files.set(name, { path, size: header.size });
      } catch (error) {
        throw at(`archive entry ${JSON.stringify(header.name)}`, error);
      }
    }
    await feeding;
  }

  /** The files of the archive. */
  get files(): ReadonlyMap<string, UploadedFile> {
    return this.#files;
  }
}

/** Expands where the first bytes tell of a compression, and writes to `reader`. */
async function feed(
  content: Readable,
  reader: ReturnType<typeof extract>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const { start, whole } = await peek(content);
  const expand = decompressor(compressionOf(start));
  if (expand) await pipeline(whole, expand, limit(maxBytes), reader, { signal });
  else await pipeline(whole, limit(maxBytes), reader, { signal });
}

function limit(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) done(null, chunk);
      else
        done(
          new EngineError(
            'tooLarge',
            `the archive is over ${maxBytes} bytes, which is what this host may still bring in`,
          ),
        );
    },
  });
}
