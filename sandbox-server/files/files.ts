// The files of a lab's hosts, for the pages of its student. Independent of message transport.

import type { EngineClient, FilePiece } from '@drydock/runtime';
import type { EngineLink } from '../engine-link.ts';
import { kindOf, messageOf, ServerError } from '../errors.ts';
import { type FailureKind, type FileListing, maxListedFiles } from '../protocol.ts';

/** Kinds of the engine's errors whose message is shown to the student. Other errors are our own faults. */
const kinds: Readonly<Record<string, FailureKind>> = {
  invalid: 'invalid',
  notFound: 'notFound',
  forbidden: 'forbidden',
  conflict: 'conflict',
  tooLarge: 'tooLarge',
  noSpace: 'noSpace',
  exhausted: 'tooMany',
};

export interface FileBytes {
  readonly bytes: Uint8Array;
  readonly version: string;
}

/** Hosts are named as the engine names them; paths are relative to the home. Each throws ServerError with a sentence. */
export class Files {
  readonly #link: EngineLink;

  constructor(link: EngineLink) {
    this.#link = link;
  }

  async list(host: string, path: string): Promise<FileListing> {
    const { files, more } = await this.#ask((engine) => engine.listFiles(host, path));
    return { entries: files.slice(0, maxListedFiles), more: more || files.length > maxListedFiles };
  }

  read(host: string, path: string): Promise<FileBytes> {
    return this.#ask((engine) => engine.readFile(host, path));
  }

  /** `expected` is the version that the file must have, or `none` if there must be no file. Throws conflict otherwise. */
  write(
    host: string,
    path: string,
    bytes: Uint8Array,
    expected: string,
    piece?: FilePiece,
  ): Promise<{ readonly version: string }> {
    return this.#ask((engine) => engine.writeFile(host, path, bytes, { expected, ...(piece && { piece }) }));
  }

  remove(host: string, path: string): Promise<void> {
    return this.#ask((engine) => engine.removePath(host, path));
  }

  makeFolder(host: string, path: string): Promise<void> {
    return this.#ask((engine) => engine.makeDirectory(host, path));
  }

  rename(host: string, path: string, to: string): Promise<void> {
    return this.#ask((engine) => engine.renamePath(host, path, to));
  }

  async #ask<T>(work: (engine: EngineClient) => Promise<T>): Promise<T> {
    try {
      return await this.#link.call(work);
    } catch (error) {
      const kind = error instanceof ServerError ? undefined : kinds[kindOf(error) ?? ''];
      if (kind === undefined) throw error;
      const sentence = `${messageOf(error)}.`;
      throw new ServerError(kind, sentence, { cause: error, ...(kind === 'tooMany' && { retryAfterSeconds: 1 }) });
    }
  }
}
