// The files of an archive for `docker load`, each under its name in it.

import { readFile } from 'node:fs/promises';
import { EngineError } from '../errors.ts';

export interface UploadedFile {
  readonly path: string;
  readonly size: number;
}

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
