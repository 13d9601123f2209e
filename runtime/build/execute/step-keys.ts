// What a step's result is known by: all that the step is made of. Files that other stages have made count by the steps that made them,
// which costs nothing to tell, and where no result is known by that, by what they are.

import { posix } from 'node:path';
import { digestOf } from '../../store/blobs.ts';
import type { FileAction } from '../files/files-job.ts';
import type { RunMount } from '../language/steps.ts';
import type { BuiltLayer } from './made.ts';
import { emptyCache } from './run-mounts.ts';

/** What of a step's files its result hangs on. */
export interface Content {
  readonly key: string;
  /** A digest of the files themselves, where the key says what made them; null where it is not to be had. */
  readonly digest: (() => Promise<string | null>) | null;
}

/** How a key tells of a step's files. */
export interface FilesOf {
  /** A text for each of the contents. */
  readonly contents: readonly string[];
  /** What the key says of where one of them lies. */
  readonly pathOf: (path: string, at: number) => string;
}

export class StepKeys {
  readonly byLayers: string;
  readonly #keyOf: (files: FilesOf) => string;
  readonly #contents: readonly Content[];
  #byFiles: Promise<string | null> | undefined;

  /** `keyOf` gives all that the step is made of. */
  constructor(keyOf: (files: FilesOf) => object, contents: readonly Content[], below: readonly BuiltLayer[]) {
    const diffIds = below.map(({ diffId }) => diffId);
    this.#keyOf = (files) => digestOf(JSON.stringify({ ...keyOf(files), below: diffIds }));
    this.#contents = contents;
    const pathOf = (path: string): string => path;
    this.byLayers = this.#keyOf({ contents: contents.map(({ key }) => key), pathOf });
  }

  /** Null where no stage's files are in it, or a digest of them is not to be had. Throws what looking at them throws. */
  async byFiles(): Promise<string | null> {
    this.#byFiles ??= this.#withDigests();
    return await this.#byFiles;
  }

  async #withDigests(): Promise<string | null> {
    if (this.#contents.every(({ digest }) => digest === null)) return null;
    const texts = await Promise.all(this.#contents.map(async ({ key, digest }) => (digest ? await digest() : key)));
    if (texts.includes(null)) return null;
    const pathOf = (path: string, at: number): string => (this.#contents[at]?.digest ? posix.basename(path) : path);
    return this.#keyOf({ contents: texts.map((text) => `files ${text}`), pathOf });
  }
}

export const noContent: Content = { key: '', digest: null };

/** What of a mount the result hangs on: no secret, and nothing of a cache but its name and what it begins with. `at`: its place among the contents. */
export function mountKey(mount: RunMount, at: number, { contents, pathOf }: FilesOf): object {
  const content = contents[at];
  switch (mount.type) {
    case 'bind': {
      const { source, target, readOnly } = mount;
      return { type: 'bind', source: pathOf(source, at), target, readOnly, content };
    }
    case 'cache': {
      const { id, target, from, source } = mount;
      return { type: 'cache', id, target, ...(!emptyCache(from) && { source, content }) };
    }
    case 'secret':
      return { type: 'secret', id: mount.id, target: mount.target, env: mount.env };
    default:
      return mount;
  }
}

/** Of a step of COPY, ADD or WORKDIR. */
export function filesKeyOf(actions: readonly FileAction[], madeAt: number | null): (files: FilesOf) => object {
  return ({ contents, pathOf }) => {
    let copies = 0;
    const told = actions.map((action) =>
      action.kind === 'copy' ? { ...action, from: pathOf(action.from, copies++) } : action,
    );
    return { kind: 'files', actions: told, contents, ...(madeAt !== null && { madeAt }) };
  };
}
