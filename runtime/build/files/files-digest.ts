// A digest over files of a stage that are copied or mounted: names, contents, modes, owners, attributes and links, but no times, as in
// BuildKit; and which of them are one file, as a copy keeps that.

import { createHash, type Hash } from 'node:crypto';
import path from 'node:path';
import type { SourceEntry } from './source-tree.ts';

/** Stands for what is no UTF-8 in a name: such a file cannot be opened by it. */
const undecoded = '\ufffd';

/** Told of files in the order of their names: a directory comes before what is in it. */
export class FilesDigest {
  readonly #hash = createHash('sha256');
  /** Of one source: where files that have several names were first. */
  readonly #first = new Map<string, string>();
  #isWhole = true;

  /** As in BuildKit, where a source lies does not count: nothing that is made of it tells. */
  source(named: string): void {
    this.#first.clear();
    this.#hash.update(`= ${JSON.stringify(path.posix.basename(named))}\n`);
  }

  /** What is at `relative`, seen from its source. `content`: of a file that was not told of under another name; null for all else. */
  add(relative: string, { kind, mode, uid, gid, target, inode, extended }: SourceEntry, content: Hash | null): void {
    if (relative.includes(undecoded)) this.#isWhole = false;
    const first = inode === null ? undefined : this.#first.get(inode);
    if (inode !== null && first === undefined) this.#first.set(inode, relative);
    const attributes = extended.map(([name, value]) => [name, value.toString('base64')]).sort();
    const told = [relative, kind, mode, uid, gid, target, first ?? null, attributes, content?.digest('hex') ?? null];
    this.#hash.update(`${JSON.stringify(told)}\n`);
  }

  /** Something could not be told of. */
  miss(): void {
    this.#isWhole = false;
  }

  /** Null where something is missing. */
  digest(): string | null {
    return this.#isWhole ? `sha256:${this.#hash.digest('hex')}` : null;
  }
}
