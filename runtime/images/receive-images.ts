// Receives an archive for `docker load` into files, and reads what it says that it holds: its documents may have 4 MiB each. Blocks: for
// worker threads.

import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { at, EngineError } from '../errors.ts';
import { maxLoadEntries } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { expanding } from '../store/compression.ts';
import { entryReader } from '../store/entry-reader.ts';
import { limiter } from '../store/limiter.ts';
import { components } from '../store/tree.ts';
import { brokenArchive } from './broken-archive.ts';
import { checkConfiguration, parseConfiguration } from './configuration.ts';
import { type BroughtConfiguration, broughtConfiguration } from './contents.ts';
import { type ArchivedImage, type ArchivedLayer, readImageArchive } from './image-archive.ts';
import { tooLong } from './upload.ts';
import { type UploadedFile, UploadedFiles } from './uploaded-files.ts';

export interface ReceiveOptions {
  /** An empty one: nothing of a name in the archive ever becomes a path. */
  readonly directory: string;
  /** What the archive may have, expanded. */
  readonly maxBytes: number;
  /** What the configurations may hold together. */
  readonly maxConfigurationBytes: number;
}

/** An image in an archive whose configuration is what it should be; its layers are yet to be looked at. */
export interface LoadableImage {
  readonly configuration: BroughtConfiguration;
  readonly configurationFile: UploadedFile;
  readonly layers: readonly ArchivedLayer[];
  /** References as the archive spells them. */
  readonly names: readonly string[];
  /** The recipe of a catalogue that it says it was made of; null for none. */
  readonly recipe: string | null;
}

/** Throws invalid, dataLoss, exhausted or tooLarge, saying what is wrong with the archive. */
export async function receiveImages(archive: Readable, options: ReceiveOptions): Promise<readonly LoadableImage[]> {
  const files = await receive(archive, options).catch((error: unknown) => {
    throw brokenArchive(error);
  });
  const images: LoadableImage[] = [];
  let left = options.maxConfigurationBytes;
  for await (const image of readImageArchive(new UploadedFiles(files))) {
    left -= image.configurationFile.size;
    if (left < 0)
      throw new EngineError(
        'exhausted',
        `the configurations of its images hold more than the ${options.maxConfigurationBytes} bytes that this host may still bring in: remove images first`,
      );
    images.push(loadable(image));
  }
  return images;
}

function loadable({ configuration, configurationFile, layers, names, recipe }: ArchivedImage): LoadableImage {
  const parsed = parseConfiguration(configuration);
  checkConfiguration(parsed);
  const brought = broughtConfiguration(digestOf(configuration), parsed, configurationFile.size);
  return { configuration: brought, configurationFile, layers, names, recipe };
}

/** The files of a tar, which may be compressed, by name. Throws invalid for links and devices, tooLarge beyond the limits. */
async function receive(archive: Readable, { directory, maxBytes }: ReceiveOptions): Promise<Map<string, UploadedFile>> {
  const files = new Map<string, UploadedFile>();
  let entries = 0;
  const reader = entryReader({
    begin({ name: named, type, size }) {
      if (++entries > maxLoadEntries)
        throw new EngineError('tooLarge', `the archive has over ${maxLoadEntries} entries`);
      const name = components(named).join('/');
      if (type === 'directory') return null;
      if (type !== 'file' && type !== 'contiguous-file')
        throw new EngineError('invalid', 'it is no file; an archive of images holds files only');
      if (files.has(name)) throw new EngineError('invalid', 'the archive holds it twice');
      const path = `${directory}/${entries}`;
      const fd = openSync(path, 'wx', 0o600);
      files.set(name, { path, size });
      return { fd };
    },
    end(_header, file) {
      if (file) closeSync(file.fd);
    },
    failure: ({ name }, error) => at(`archive entry ${JSON.stringify(name)}`, error),
  });
  await pipeline([...(await expanding(archive)), limiter(maxBytes, tooLong), reader]);
  return files;
}
