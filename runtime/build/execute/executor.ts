// Carries out the steps of a build: each once, those that do not need each other side by side, and none whose result is known.

import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import type { MadeLayer } from '../../images/build-images.ts';
import { maxLayers } from '../../limits.ts';
import { digestOf } from '../../store/blobs.ts';
import type { PlannedStep } from '../build-log.ts';
import { newId } from '../builds.ts';
import type { CacheRecord } from '../cache/cache-document.ts';
import type { FileAction } from '../files/files-job.ts';
import { inBuildWords } from '../full-disk.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { environmentOf } from '../language/environment.ts';
import {
  type FilesStep,
  inputsOf,
  type RunMount,
  type RunStep,
  type Step,
  stepsOf,
  type Tree,
} from '../language/steps.ts';
import type { Progress, Vertex } from '../progress.ts';
import type { Result } from '../result.ts';
import type { Session } from '../sessions.ts';
import type { CacheMounts } from './cache-mounts.ts';
import { Contents } from './contents.ts';
import { filesStep } from './files-step.ts';
import { givenFiles } from './given-files.ts';
import { BasesOfBuild, type KnownBases } from './known-bases.ts';
import { type BuiltLayer, layersIn, type Made, nothing, sourceOf } from './made.ts';
import { emptyCache, mountsFor } from './run-mounts.ts';
import { runStep } from './run-step.ts';
import type { Sent, SentFiles } from './sent-files.ts';
import { type Content, type FilesOf, filesKeyOf, mountKey, noContent, StepKeys } from './step-keys.ts';
import { StepResults } from './step-results.ts';

export interface ExecutorParts {
  readonly host: ContainerHost;
  readonly sentFiles: SentFiles;
  readonly caches: CacheMounts;
  readonly bases: KnownBases;
  readonly progress: Progress;
  readonly session: (id?: string | null) => Promise<Session>;
  readonly result: Pick<Result, 'directory' | 'inputs' | 'archive' | 'settings' | 'remote'>;
  readonly signal: AbortSignal;
  /** Of the classic builder. */
  readonly isClassic: boolean;
  /** With the place in the Dockerfile where a step stands. */
  readonly located: (step: Step, error: GrpcError, vertex: string) => GrpcError;
}

export class Executor implements AsyncDisposable {
  readonly #parts: ExecutorParts;
  readonly #made = new Map<Step, Promise<Made>>();
  readonly #vertices = new Map<Step, Vertex>();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #held = new AsyncDisposableStack();
  readonly #contents: Contents;
  readonly #renewed = new Set<string>();
  readonly #results: StepResults;
  readonly #bases: BasesOfBuild;
  /** The first: what others then end with only follows. */
  #failure: GrpcError | null = null;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#bases = new BasesOfBuild(parts.bases);
    this.#signal = AbortSignal.any([parts.signal, this.#stop.signal]);
    this.#contents = new Contents(parts.host, (layers) => this.#bring(layers), this.#signal);
    this.#results = new StepResults(this.#images, parts.result.remote, this.#held);
  }

  /** What a cache of this build has. */
  get records(): readonly CacheRecord[] {
    return this.#results.records;
  }

  /** The layers of a tree, all of which are here then. Throws GrpcError, the one of the step that failed first. */
  async build(tree: Tree): Promise<readonly BuiltLayer[]> {
    const steps = stepsOf(tree);
    const names = new Map<Step, string>();
    for (const step of steps) names.set(step, digestOf(`${newId()} ${step.name}`));
    for (const step of steps) {
      const inputs = inputsOf(step).map((input) => names.get(input) ?? '');
      const plan = { digest: names.get(step) ?? '', name: step.name, inputs, watched: watchedAs(step) };
      if (!this.#vertices.has(step)) this.#vertices.set(step, this.#parts.progress.vertex(plan));
    }
    try {
      const { layers } = await this.#layersOf(tree);
      if (tree) this.#bases.use([tree], this.#vertices);
      await this.#bring(layers);
      return layers;
    } catch (error) {
      throw this.#failure ?? error;
    }
  }

  /** What was made for the build alone may go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new GrpcError(codes.canceled, 'context canceled'));
    await Promise.allSettled(this.#made.values());
    await this.#held.disposeAsync();
  }

  async #layersOf(tree: Tree): Promise<Extract<Made, { kind: 'layers' }>> {
    const made = await this.#of(tree);
    if (made.kind === 'layers') return made;
    // A named context that a stage begins with.
    const diffIds = await this.#layersToMount(tree);
    return { kind: 'layers', layers: diffIds.map((diffId) => ({ diffId, createdAt: new Date().toISOString() })) };
  }

  #of(tree: Tree): Promise<Made> {
    if (!tree) return Promise.resolve(nothing);
    const made = this.#made.get(tree) ?? this.#make(tree);
    this.#made.set(tree, made);
    made.catch(() => undefined);
    return made;
  }

  async #make(step: Step): Promise<Made> {
    const inputs = await Promise.all(inputsOf(step).map((input) => this.#of(input)));
    const vertex = this.#vertices.get(step);
    if (!vertex) throw new EngineError('internal', `the step ${step.name} was not told of`);
    try {
      this.#signal.throwIfAborted();
      return await this.#carryOut(step, inputs, vertex);
    } catch (error) {
      const failure = this.#parts.located(step, asGrpc(inBuildWords(error)), vertex.digest);
      this.#failure ??= failure;
      const isFirst = this.#failure === failure && !this.#parts.signal.aborted;
      vertex.fail(failure.message.replace(/^failed to (?:compute|load) cache key: /, ''), isFirst);
      this.#stop.abort(new GrpcError(codes.canceled, 'context canceled'));
      throw failure;
    }
  }

  async #carryOut(step: Step, inputs: readonly Made[], vertex: Vertex): Promise<Made> {
    switch (step.kind) {
      case 'image': {
        vertex.start();
        const diffIds =
          (await this.#parts.result.remote.base(step, vertex)) ?? this.#images.base(step.reference).diffIds;
        this.#held.use(this.#images.hold(diffIds));
        vertex.complete();
        this.#bases.add(step, digestOf(diffIds.join()));
        return { kind: 'layers', layers: diffIds.map((diffId) => ({ diffId, createdAt: null })) };
      }
      case 'local':
      case 'http':
      case 'git': {
        const hold = (given: Sent): Sent => this.#held.use(given);
        return { kind: 'sent', sent: await givenFiles(step, this.#parts, vertex, this.#signal, hold) };
      }
      case 'input': {
        const layers = this.#parts.result.inputs.get(step.input);
        if (!layers) throw new EngineError('internal', `the input ${step.input} was not built`);
        return { kind: 'layers', layers };
      }
      case 'run':
        return await this.#run(step, layersIn(inputs[0]), vertex);
      case 'files':
        return await this.#files(step, vertex);
    }
  }

  get #images() {
    return this.#parts.host.images.builds;
  }

  async #run(step: RunStep, below: readonly BuiltLayer[], vertex: Vertex): Promise<Made> {
    const { host } = this.#parts;
    const env = environmentOf(step.environment);
    const { arguments: args, workingDirectory: cwd, user, network } = step;
    const contents = await Promise.all(step.mounts.map((mount) => this.#mounted(mount)));
    const { settings } = this.#parts.result;
    const keyOf = (files: FilesOf): object => {
      const mounts = step.mounts.map((mount, at) => mountKey(mount, at, files));
      return { kind: 'run', args, env, cwd, user, network, ...(mounts.length > 0 && { mounts }), ...settings };
    };
    const keys = new StepKeys(keyOf, contents, below);
    const description = `mount / from exec ${args.join(' ')}`;
    return await this.#layer(step, below, { keys, description }, vertex, async () => {
      await using undo = new AsyncDisposableStack();
      const { caches, session } = this.#parts;
      const layersOf = (tree: Tree) => this.#layersToMount(tree);
      const { ignoreCache } = step;
      const given = { host, caches, session, signal: this.#signal, layersOf, ignoreCache, renewed: this.#renewed };
      const mounted = await mountsFor(step.mounts, given, undo);
      if (step.mounts.some(({ type }) => type === 'secret')) vertex.keepOffDisk();
      const proxies = [...step.proxies].flatMap(([name, value]) => [
        `${name}=${value}`,
        `${name.toUpperCase()}=${value}`,
      ]);
      return await runStep(
        host,
        below.map(({ diffId }) => diffId),
        {
          ...{ args, env, cwd, user, network, mounts: mounted.mounts, settings },
          writesNames: this.#parts.isClassic,
          secretEnv: [...proxies, ...mounted.env],
        },
        (stream, bytes) => vertex.log(stream, bytes),
        this.#signal,
      );
    });
  }

  /** What is in a mount at first. */
  async #mounted(mount: RunMount): Promise<Content> {
    if (mount.type !== 'bind' && (mount.type !== 'cache' || emptyCache(mount.from))) return noContent;
    const [content] = await this.#contents.of([{ source: mount.source, isPattern: false }], await this.#of(mount.from));
    return content ?? noContent;
  }

  /** Files that the client has sent become a layer of nothing else, so that they can be mounted. */
  async #layersToMount(tree: Tree): Promise<readonly string[]> {
    const made = await this.#of(tree);
    if (made.kind === 'layers') {
      await this.#bring(made.layers);
      return made.layers.map(({ diffId }) => diffId);
    }
    const all = { kind: 'copy', source: 0, from: '/', to: '/', isPattern: false, includes: [], excludes: [] } as const;
    const actions: FileAction[] = [{ ...all, unpack: false, owner: '', mode: null }];
    const layer = this.#held.use(
      await filesStep(this.#parts.host, [], [sourceOf(made)], { actions, madeAt: null }, this.#signal),
    );
    return [layer.diffId];
  }

  async #files(step: FilesStep, vertex: Vertex): Promise<Made> {
    const { host } = this.#parts;
    const below = (await this.#layersOf(step.base)).layers;
    const trees = [...new Set(step.actions.flatMap((action) => (action.kind === 'copy' ? [action.from] : [])))];
    const made = await Promise.all(trees.map((tree) => this.#of(tree)));
    const actions = step.actions.map((action): FileAction => {
      if (action.kind !== 'copy') return action;
      const { from, source, destination, ...rest } = action;
      return { ...rest, source: trees.indexOf(from), from: source, to: destination };
    });
    const contents = await this.#contents.ofActions(step.actions, trees, made);
    const { madeAt } = step;
    const keys = new StepKeys(filesKeyOf(actions, madeAt), contents, below);
    return await this.#layer(step, below, { keys, description: step.instruction }, vertex, async () => {
      await this.#bring(made.flatMap(layersIn));
      return await filesStep(
        host,
        below.map(({ diffId }) => diffId),
        made.map(sourceOf),
        { actions, madeAt },
        this.#signal,
        keys.learns,
      );
    });
  }

  async #bring(layers: readonly BuiltLayer[]): Promise<void> {
    await this.#parts.result.remote.bring(layers.map(({ diffId }) => diffId));
  }

  /** The layers below and one more: one that is known, or that `make` makes. */
  async #layer(
    step: Step,
    below: readonly BuiltLayer[],
    { keys, description }: { readonly keys: StepKeys; readonly description: string },
    vertex: Vertex,
    make: () => Promise<MadeLayer>,
  ): Promise<Made> {
    const known = step.ignoreCache ? null : await this.#results.find(keys, description);
    if (known) {
      vertex.made(known.diffId, known.bytes);
      // BuildKit makes what no instruction says by itself (a heredoc's file) again, as soon as the build begins.
      if (step.location === null) {
        vertex.start();
        vertex.complete();
      } else vertex.cached();
      return { kind: 'layers', layers: [...below, { diffId: known.diffId, createdAt: known.createdAt }] };
    }
    // No image may have more, and no file system can be mounted of many more.
    if (below.length >= maxLayers) throw new GrpcError(codes.unknown, 'max depth exceeded');
    this.#bases.use(inputsOf(step), this.#vertices);
    vertex.start();
    await this.#bring(below);
    const made = await make();
    this.#held.use(made);
    const { diffId, bytes } = made;
    vertex.made(diffId, bytes);
    const { createdAt } = await this.#results.add(keys, made, { description, isAgain: step.ignoreCache });
    vertex.complete();
    return { kind: 'layers', layers: [...below, { diffId, createdAt }] };
  }
}

/** What a watcher of the build is told of it. */
function watchedAs({ kind, location }: Step): Omit<PlannedStep, 'name'> {
  const of = kind === 'image' ? 'base' : kind === 'local' ? 'context' : location === null ? 'other' : 'step';
  return { kind: of, line: location?.first ?? null };
}

function asGrpc(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  return new GrpcError(codes.unknown, error instanceof Error ? error.message : String(error));
}
