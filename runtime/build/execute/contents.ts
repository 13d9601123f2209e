// What the results of a build hang on of the files that it copies.

import { workOnSentFiles } from '../../archives/tree-work.ts';
import type { ContainerHost } from '../../containers/container.ts';
import { maxContextLooks } from '../../limits.ts';
import { newId } from '../builds.ts';
import type { Copied } from '../files/content-keys.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { layersIn, type Made } from './made.ts';

/** Of one build. */
export class Contents {
  readonly #host: ContainerHost;
  readonly #signal: AbortSignal;
  /** Files of clients that were looked at. */
  #looks = 0;

  constructor(host: ContainerHost, signal: AbortSignal) {
    this.#host = host;
    this.#signal = signal;
  }

  /**
   * Of a client's files those that are meant, of a stage all. One for each of `copied`. Throws GrpcError, in BuildKit's words, for what
   * is not there, and resourceExhausted.
   */
  async of(copied: readonly Copied[], made: Made | undefined): Promise<readonly string[]> {
    if (made?.kind !== 'sent') {
      const all = layersIn(made)
        .map(({ diffId }) => diffId)
        .join();
      return copied.map(() => all);
    }
    const { directory, list, without, count } = made.sent;
    // The list is gone through once for what is named, and once for wildcards.
    this.#looks += 2 * count * copied.length;
    if (this.#looks > maxContextLooks)
      throw new GrpcError(
        codes.resourceExhausted,
        'the instructions of this build look at too many files: copy directories whole, or leave files out with .dockerignore',
      );
    const job = { kind: 'sent-keys', place: { directory, list, without }, copied: copied.map(plainCopied) } as const;
    const { keys } = await this.#host.engine.archives.pass(this.#host.name, () =>
      workOnSentFiles<'sent-keys'>(job, this.#signal),
    );
    return keys.map((key) => {
      if ('digest' in key) return key.digest;
      throw new GrpcError(
        codes.unknown,
        `failed to compute cache key: failed to calculate checksum of ref ${this.#host.id}::${newId()}: ${key.failure}`,
      );
    });
  }
}

/** What of an instruction its content hangs on: a thread need not know the rest. */
function plainCopied({ source, isPattern, includes = [], excludes = [] }: Copied): Copied {
  return { source, isPattern, includes, excludes };
}
