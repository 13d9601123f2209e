// What the results of a build hang on of the files that it copies.

import { workOnSentFiles } from '../../archives/tree-work.ts';
import type { ContainerHost } from '../../containers/container.ts';
import { maxContextLooks } from '../../limits.ts';
import { digestOf } from '../../store/blobs.ts';
import { newId } from '../builds.ts';
import type { Copied } from '../files/content-keys.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { layersIn, type Made } from './made.ts';

/**
 * By host, the keys of what was copied last, by the list and what of it was meant: a list does not change, and a directory that is sent
 * again as it was has the same one.
 */
const known = new WeakMap<ContainerHost, Map<string, string>>();
/** Of one host: the instructions of some Dockerfiles, 150 bytes each. */
const maxKnown = 500;

function remember(host: ContainerHost, job: string, key: string): void {
  const keys = known.get(host) ?? new Map<string, string>();
  known.set(host, keys);
  keys.delete(job);
  keys.set(job, key);
  for (const oldest of keys.keys()) {
    if (keys.size <= maxKnown) break;
    keys.delete(oldest);
  }
}

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
    const wanted = copied.map(plainCopied);
    const jobs = wanted.map((one) => digestOf(JSON.stringify([list, without, one])));
    const there = jobs.map((job) => known.get(this.#host)?.get(job));
    if (there.every((key) => key !== undefined)) return there;
    const job = { kind: 'sent-keys', place: { directory, list, without }, copied: wanted } as const;
    const { keys } = await this.#host.engine.archives.pass(this.#host.name, () =>
      workOnSentFiles<'sent-keys'>(job, this.#signal),
    );
    return keys.map((key, at) => {
      if ('digest' in key) {
        remember(this.#host, jobs[at] ?? '', key.digest);
        return key.digest;
      }
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
