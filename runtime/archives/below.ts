// Directories below one, by names that nobody may trust, as moby finds them in an archive: a link on the way that is absolute begins
// at that directory again, and one that leads out of it by `..` is an error. Something else may be changing what is there. All calls
// block: for worker threads.

import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { openBelowInView, openDirectory, openInView, pathOf } from '../kernel/beneath.ts';
import { SystemCallError } from '../kernel/libc.ts';

/** As Linux follows. */
const maxLinks = 40;

/** Makes the directory `name`, which is missing in an open one. */
export type Make = (parent: number, name: string) => void;

export class Below implements Disposable {
  readonly #directory: number;

  /** `directory` is one of the view whose root `root` is a descriptor of. Throws SystemCallError where it is not there. */
  constructor(root: number, directory: string) {
    this.#directory = openInView(root, `${directory}/.`);
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#directory);
  }

  /**
   * A descriptor of a directory, which the caller closes. Throws refused, in moby's words, where links lead out or nowhere, and
   * SystemCallError where something else is on the way, or a directory is missing and `make` is null.
   */
  open(path: string, make: Make | null): number {
    try {
      // The kernel's own walk is right but where a link is absolute or something is missing.
      return openBelowInView(this.#directory, path === '' ? '.' : `${path}/.`);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      if (error.code === 'ELOOP') throw tooManyLinks(path);
      if (error.code !== 'EXDEV' && error.code !== 'ENOENT') throw error;
    }
    return this.#walk(path, make);
  }

  #walk(path: string, make: Make | null): number {
    const left = path.split('/').filter(isPart).toReversed();
    let done: string[] = [];
    let links = 0;
    let at = this.#reopen(done);
    try {
      for (let part = left.pop(); part !== undefined; part = left.pop()) {
        const before = at;
        const target = part === '..' ? null : linkIn(at, part);
        if (target !== null) {
          if (++links > maxLinks) throw tooManyLinks(path);
          left.push(...target.split('/').filter(isPart).toReversed());
          if (!target.startsWith('/')) continue;
          done = [];
          at = this.#reopen(done);
        } else if (part === '..') {
          if (done.pop() === undefined) throw new EngineError('refused', `statat ${path}: path escapes from parent`);
          at = this.#reopen(done);
        } else {
          at = opened(at, part, make);
          done.push(part);
        }
        fs.closeSync(before);
      }
      return at;
    } catch (error) {
      fs.closeSync(at);
      throw error;
    }
  }

  /** Of directories that no link is among. */
  #reopen(parts: readonly string[]): number {
    return openDirectory(this.#directory, Buffer.from(parts.join('/')));
  }
}

const isPart = (part: string): boolean => part !== '' && part !== '.';

const tooManyLinks = (path: string): EngineError =>
  new EngineError('refused', `statat ${path}: too many levels of symbolic links`);

function opened(parent: number, name: string, make: Make | null): number {
  const bytes = Buffer.from(name);
  try {
    return openDirectory(parent, bytes);
  } catch (error) {
    if (!make || !(error instanceof SystemCallError) || error.code !== 'ENOENT') throw error;
  }
  make(parent, name);
  return openDirectory(parent, bytes);
}

/** What a link says; null where there is none. */
function linkIn(directory: number, name: string): string | null {
  try {
    return fs.readlinkSync(`${pathOf(directory)}/${name}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOENT') return null;
    throw error;
  }
}
