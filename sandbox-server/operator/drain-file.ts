// Whether the server is being drained, as a file: it holds also after a restart, until the operator ends it.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Drain, drain } from './protocol.ts';

export class DrainFile {
  readonly #path: string;

  constructor(dataDirectory: string) {
    this.#path = join(dataDirectory, 'drain.json');
  }

  /** Null where it is not drained. A file that cannot be read drains: an operator wrote it, and can end it. */
  read(): Drain | null {
    try {
      return drain.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? null : { at: null };
    }
  }

  /** On the disk once it returns, whole or not at all. Throws where it cannot be written. */
  write(value: Drain | null): void {
    if (value === null) {
      rmSync(this.#path, { force: true });
      return;
    }
    const file = openSync(`${this.#path}.new`, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify(value));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${this.#path}.new`, this.#path);
  }
}
