// What the results of a build hang on of the files that it copies.

import { workOnSentFiles } from '../../archives/tree-work.ts';
import type { ContainerHost } from '../../containers/container.ts';
import { maxContextLooks, maxStageLookBytes, maxStageLooks } from '../../limits.ts';
import { digestOf } from '../../store/blobs.ts';
import { newId } from '../builds.ts';
import type { Copied } from '../files/content-keys.ts';
import type { LookLimits } from '../files/stage-keys.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import type { FileAction, Tree } from '../language/steps.ts';
import { lookAtLayers } from './files-step.ts';
import { type BuiltLayer, layersIn, type Made } from './made.ts';
import { type Content, noContent } from './step-keys.ts';

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
  readonly #bring: (layers: readonly BuiltLayer[]) => Promise<void>;
  /** Files of clients that were looked at. */
  #looks = 0;
  /** What of stages may be looked at yet. */
  #left: LookLimits = { bytes: maxStageLookBytes, entries: maxStageLooks };

  /** `bring` has layers that are elsewhere come. */
  constructor(host: ContainerHost, bring: (layers: readonly BuiltLayer[]) => Promise<void>, signal: AbortSignal) {
    this.#host = host;
    this.#bring = bring;
    this.#signal = signal;
  }

  /**
   * Of a client's files those that are meant, of a stage all. One for each of `copied`. Throws GrpcError, in BuildKit's words, for what
   * is not there, and resourceExhausted.
   */
  async of(copied: readonly Copied[], made: Made | undefined): Promise<readonly Content[]> {
    if (made?.kind === 'sent') return (await this.#sent(copied, made)).map((key) => ({ key, stage: null }));
    const layers = layersIn(made);
    const key = layers.map(({ diffId }) => diffId).join();
    // What a base has is the same as long as its layers are.
    if (layers.every(({ createdAt }) => createdAt === null)) return copied.map(() => ({ key, stage: null }));
    const jobs = stageJobs(copied, layers);
    let digests: Promise<readonly (string | null)[]> | undefined;
    const digest = async (at: number): Promise<string | null> => {
      digests ??= this.#stage(copied, layers);
      return (await digests)[at] ?? null;
    };
    return copied.map((_, at) => ({
      key,
      stage: { digest: () => digest(at), learn: (known) => remember(this.#host, jobs[at] ?? '', known) },
    }));
  }

  /** The same of all that a step copies, in its order. `made`: of each of the trees that it copies from. */
  async ofActions(
    actions: readonly FileAction[],
    trees: readonly Tree[],
    made: readonly Made[],
  ): Promise<readonly Content[]> {
    const keyed = new Map<FileAction, Content>();
    const copies = actions.filter((action) => action.kind === 'copy');
    for (const [at, tree] of trees.entries()) {
      const copied = copies.filter(({ from }) => from === tree);
      const contents = await this.of(copied, made[at]);
      for (const [index, action] of copied.entries()) keyed.set(action, contents[index] ?? noContent);
    }
    return copies.map((action) => keyed.get(action) ?? noContent);
  }

  /** Null for what is not there, and for more than one build may look at. */
  async #stage(copied: readonly Copied[], layers: readonly BuiltLayer[]): Promise<readonly (string | null)[]> {
    const diffIds = layers.map(({ diffId }) => diffId);
    const jobs = stageJobs(copied, layers);
    const there = jobs.map((job) => known.get(this.#host)?.get(job));
    if (there.every((key) => key !== undefined)) return there;
    await this.#bring(layers);
    const { keys, looked } = await lookAtLayers(this.#host, diffIds, copied.map(plainCopied), this.#left, this.#signal);
    this.#left = { bytes: this.#left.bytes - looked.bytes, entries: this.#left.entries - looked.entries };
    for (const [at, key] of keys.entries()) if (key !== null) remember(this.#host, jobs[at] ?? '', key);
    return keys;
  }

  async #sent(copied: readonly Copied[], made: Made & { readonly kind: 'sent' }): Promise<readonly string[]> {
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

/** What digests of them are remembered by. */
function stageJobs(copied: readonly Copied[], layers: readonly BuiltLayer[]): readonly string[] {
  const diffIds = layers.map(({ diffId }) => diffId);
  return copied.map((one) => digestOf(JSON.stringify([diffIds, plainCopied(one)])));
}

/** What of an instruction its content hangs on: a thread need not know the rest. */
function plainCopied({ source, isPattern, includes = [], excludes = [] }: Copied): Copied {
  return { source, isPattern, includes, excludes };
}
