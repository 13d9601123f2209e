// What a step's result is known by: all that the step is made of. Files that other stages have made count by the steps that made them,
// which costs nothing to tell, and where no result is known by that, by what they are.

import { posix } from 'node:path';
import { filesKeyFor } from '../../images/cached-step.ts';
import { digestOf } from '../../store/blobs.ts';
import type { FileAction } from '../files/files-job.ts';
import type { RunMount } from '../language/steps.ts';
import type { BuiltLayer } from './made.ts';
import { emptyCache } from './run-mounts.ts';

/** What of a step's files its result hangs on. */
export interface Content {
  readonly key: string;
  /** Where the key says what made them: more of the files themselves. */
  readonly stage: StageContent | null;
}

export interface StageContent {
  /** A digest of the files; null where it is not to be had. */
  readonly digest: () => Promise<string | null>;
  /** Tells it, where somebody has come to know it. */
  readonly learn: (digest: string) => void;
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
  /** What all results have in common that the step has with any files of its stages; null where no stage's files are in it. */
  readonly shape: string | null;
  readonly #contents: readonly Content[];
  #byFiles: Promise<string | null> | undefined;

  /** `keyOf` gives all that the step is made of. */
  constructor(keyOf: (files: FilesOf) => object, contents: readonly Content[], below: readonly BuiltLayer[]) {
    const diffIds = below.map(({ diffId }) => diffId);
    const key = (files: FilesOf): string => digestOf(JSON.stringify({ ...keyOf(files), below: diffIds }));
    this.#contents = contents;
    this.byLayers = key({ contents: contents.map(({ key }) => key), pathOf: (path) => path });
    this.shape = contents.every(({ stage }) => stage === null)
      ? null
      : key({
          contents: contents.map(({ key, stage }) => (stage ? 'files' : key)),
          pathOf: (path, at) => (contents[at]?.stage ? posix.basename(path) : path),
        });
  }

  /** Null where no stage's files are in it, or a digest of them is not to be had. Throws what looking at them throws. */
  async byFiles(): Promise<string | null> {
    this.#byFiles ??= this.#withDigests();
    return await this.#byFiles;
  }

  /** What takes the files tells their digests: one for each of the contents, in their order. Null where that is not needed. */
  get learns(): ((digests: readonly (string | null)[]) => void) | null {
    if (this.shape === null || this.#byFiles !== undefined) return null;
    return (digests) => {
      for (const [at, digest] of digests.entries()) if (digest !== null) this.#contents[at]?.stage?.learn(digest);
    };
  }

  async #withDigests(): Promise<string | null> {
    if (this.shape === null) return null;
    const digests = await Promise.all(this.#contents.map(({ stage }) => stage?.digest() ?? ''));
    return digests.includes(null) ? null : filesKeyFor(this.shape, digestOf(JSON.stringify(digests)));
  }
}

export const noContent: Content = { key: '', stage: null };

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
