// What a layer's blob says of wanted files: its tar is read through once, and no more is kept of it. The archive is hostile; what an
// unpacking would refuse is refused here too. For a worker thread.

import { open } from 'node:fs/promises';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract as Archive, extract, type Header } from 'tar-stream';
import { at, EngineError } from '../../errors.ts';
import { maxCatalogueLayerBytes, maxLayerEntries, maxStatusBytes } from '../../limits.ts';
import { opaqueWhiteout, whiteoutMetaPrefix, whiteoutPrefix } from '../../store/archive.ts';
import { compressionOf, decompressor, magicBytes } from '../../store/compression.ts';
import { components } from '../../store/tree.ts';
import { isOnTheWay, isWanted, type LayerFiles } from './wanted-files.ts';

/** tar-stream does not name it. */
type EntryBody = Archive extends AsyncIterable<infer Body> ? Body : never;

const readBytes = 1024 * 1024;

/** Throws invalid and tooLarge. */
export async function readArchive(blob: string): Promise<LayerFiles> {
  const first = await readOnce(blob, new Map());
  // A file may stand there under another name, and have the wanted one as well.
  if (first.links.size === 0) return first;
  return await readOnce(blob, first.links);
}

interface Found extends LayerFiles {
  /** Wanted files that are another name of a file of the archive: by that other name. */
  readonly links: ReadonlyMap<string, readonly string[]>;
}

async function readOnce(blob: string, links: ReadonlyMap<string, readonly string[]>): Promise<Found> {
  await using file = await open(blob, 'r');
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(magicBytes), position: 0 });
  const expand = decompressor(compressionOf(buffer.subarray(0, bytesRead))) ?? new PassThrough();
  const layer = new LayerReader(links);
  await pipeline(file.createReadStream({ start: 0, highWaterMark: readBytes }), expand, limiter(), layer.tar);
  return layer;
}

class LayerReader implements Found {
  readonly files = new Map<string, string | null>();
  readonly hidden = new Set<string>();
  readonly links = new Map<string, string[]>();
  readonly tar = extract();
  readonly #others: ReadonlyMap<string, readonly string[]>;
  #entries = 0;
  #bytes = 0;

  constructor(others: ReadonlyMap<string, readonly string[]>) {
    this.#others = others;
    this.tar.on('entry', (header, body, next) => {
      // It is told of what ends the archive too.
      body.on('error', () => undefined);
      this.#entry(header, body).then(
        () => next(),
        (error: unknown) => next(at(`entry ${JSON.stringify(header.name.slice(0, 200))}`, error)),
      );
    });
  }

  async #entry(header: Header, body: EntryBody): Promise<void> {
    if (++this.#entries > maxLayerEntries)
      throw new EngineError('tooLarge', `the archive has more than ${maxLayerEntries} entries`);
    const parts = components(header.name);
    const name = parts.at(-1) ?? '';
    const path = parts.join('/');
    const isFile = header.type === 'file' || header.type === 'contiguous-file';
    if (name.startsWith(whiteoutPrefix)) this.#whiteout(parts.slice(0, -1), name);
    else if (isFile && (isWanted(path) || this.#others.has(path))) return await this.#keep(path, header, body);
    else if (isWanted(path)) this.#other(path, header);
    // Something else in the place of a directory: nothing of the layers below is under it any more.
    else if (header.type !== 'directory' && isOnTheWay(path)) this.#replace(path);
    body.resume();
  }

  #whiteout(parent: readonly string[], name: string): void {
    const directory = parent.join('/');
    if (name === opaqueWhiteout && isOnTheWay(directory)) this.hidden.add(directory);
    if (name.startsWith(whiteoutMetaPrefix)) return;
    const path = [...parent, name.slice(whiteoutPrefix.length)].join('/');
    if (isWanted(path) || isOnTheWay(path)) this.hidden.add(path);
  }

  #replace(path: string): void {
    this.hidden.add(path);
    for (const known of [...this.files.keys()]) if (known.startsWith(`${path}/`)) this.files.delete(known);
  }

  #other(path: string, { type, linkname }: Header): void {
    const target = type === 'link' && linkname ? components(linkname).join('/') : null;
    if (target === null || target === path) {
      this.files.set(path, null);
      return;
    }
    const known = this.files.get(target);
    if (known !== undefined) this.files.set(path, known);
    else this.links.set(target, [...(this.links.get(target) ?? []), path]);
  }

  async #keep(path: string, { size }: Header, body: EntryBody): Promise<void> {
    this.#bytes += size;
    if (this.#bytes > maxStatusBytes)
      throw new EngineError('tooLarge', `the lists of packages have more than ${maxStatusBytes} bytes`);
    const pieces: Buffer[] = [];
    for await (const piece of body) if (Buffer.isBuffer(piece)) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    if (isWanted(path)) this.files.set(path, text);
    for (const name of this.#others.get(path) ?? []) this.files.set(name, text);
  }
}

/** Stops what a small archive blows up into; headers and padding count too. */
function limiter(): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxCatalogueLayerBytes) done(null, chunk);
      else done(new EngineError('tooLarge', `the layer expands to more than ${maxCatalogueLayerBytes} bytes`));
    },
  });
}
