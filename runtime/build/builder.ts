// Builds of one host: what its clients ask by gRPC, worked out by the Dockerfile's language and carried out step by step.

import type { Duplex, Readable } from 'node:stream';
import type { ContainerHost } from '../containers/container.ts';
import { familiar } from '../images/reference.ts';
import { maxResultsPerBuild, maxStepCacheBytes } from '../limits.ts';
import { BuildCache } from './build-cache.ts';
import { type Build, Builds, newId, type Wanted } from './builds.ts';
import { RemoteLayers } from './cache/remote-layers.ts';
import { buildClassic } from './classic/classic-build.ts';
import type { ClassicRequest } from './classic/request.ts';
import { SeenCommands } from './classic/seen-commands.ts';
import { LiveProgress, type Transcript } from './classic/transcript.ts';
import { controlMethods } from './control.ts';
import { resultIn } from './definitions.ts';
import { CacheMounts } from './execute/cache-mounts.ts';
import { Executor } from './execute/executor.ts';
import { KnownBases } from './execute/known-bases.ts';
import type { BuiltLayer } from './execute/made.ts';
import { type Sent, SentFiles } from './execute/sent-files.ts';
import { solveDockerfile } from './frontend.ts';
import { gatewayMethods } from './gateway.ts';
import { MessageRoom } from './grpc/frames.ts';
import { type Services, serveGrpc } from './grpc/serve.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { BuildHistory } from './history/build-history.ts';
import { historyMethods } from './history/history-methods.ts';
import type { ImageDocument } from './language/image-document.ts';
import type { LocalStep } from './language/steps.ts';
import { located } from './located.ts';
import type { Definition } from './messages/shared_pb.ts';
import { otherMethods } from './other-methods.ts';
import { checkOutputs, exportOutputs } from './outputs/export-outputs.ts';
import type { Event } from './progress.ts';
import { givenContext } from './remote-context.ts';
import type { Answer, Input, Planned, Result } from './result.ts';
import type { FrontendRequest, Outputs, ServedBuilder } from './served-builder.ts';
import { type SessionHeaders, Sessions } from './sessions.ts';

/** What a build of the engine itself has come to. */
export interface BuiltHere extends AsyncDisposable {
  readonly layers: readonly BuiltLayer[];
  readonly image: ImageDocument;
}

export class Builder implements ServedBuilder {
  readonly host: ContainerHost;
  readonly #room = new MessageRoom();
  readonly sessions = new Sessions(this.#room);
  readonly builds = new Builds<Result>();
  readonly cache: BuildCache;
  readonly history: BuildHistory;
  readonly maxCacheBytes = maxStepCacheBytes;
  readonly #sentFiles: SentFiles;
  readonly #caches: CacheMounts;
  readonly #seen = new SeenCommands();
  readonly #bases = new KnownBases();
  readonly #services: Services;
  readonly #executors = new WeakMap<Result, Executor>();

  constructor(host: ContainerHost) {
    this.host = host;
    this.#sentFiles = new SentFiles(host);
    this.#caches = new CacheMounts({ directory: host.directory, uidBase: host.record.uidBase });
    const { builds } = host.images;
    this.cache = new BuildCache(
      builds.steps,
      () => builds.isInOwnImage(),
      [this.#caches, this.#sentFiles],
      () => {
        this.#seen.clear();
        this.#bases.clear();
      },
    );
    this.history = new BuildHistory(`${host.directory}/build-history`);
    this.#services = new Map([
      ...controlMethods(this),
      ...gatewayMethods(this),
      ...historyMethods(this.history),
      ...otherMethods,
    ]);
  }

  /** Before a connection is taken over. Throws exhausted where the host has too many. */
  checkRoom(): void {
    this.#room.checkConnections();
  }

  /** A connection of `POST /grpc`, after `checkRoom`. */
  serve(socket: Duplex): void {
    this.#room.addConnection(socket);
    serveGrpc(socket, {
      services: this.#services,
      room: this.#room,
      turn: (place) => this.host.turns.next(place),
      onUnknown: (error, path) =>
        this.host.engine.log.error(
          { err: error, path, host: this.host.name },
          'a build failed in a way that was not foreseen',
        ),
    });
  }

  /** A connection of `POST /session`, after `sessions.check`. */
  addSession(headers: SessionHeaders, socket: Duplex): void {
    this.sessions.add(headers, socket);
  }

  async solve(build: Build<Result>, request: FrontendRequest): Promise<Planned | Answer> {
    // A question is no build.
    if (request.options.requestid === undefined)
      build.progress.watcher ??= this.host.buildLog.begin(build.names, request.options.target ?? '');
    try {
      const planned = await solveDockerfile(
        {
          host: this.host,
          build,
          inputOf: (definition) => this.#input(build, definition),
          sentFiles: this.#sentFiles,
        },
        request,
      );
      for (const result of planned.results ?? []) {
        if (build.results.size >= maxResultsPerBuild)
          throw new GrpcError(
            codes.resourceExhausted,
            `a build may be asked for ${maxResultsPerBuild} results, and has been`,
          );
        build.results.set(result.id, result);
      }
      return planned;
    } catch (error) {
      build.failure = error instanceof GrpcError ? error : null;
      throw error;
    }
  }

  /** Builds another build's result now: its client may not wait for more than that this one is planned. */
  async #input(build: Build<Result>, definition: Definition): Promise<Input> {
    const id = resultIn(definition);
    const found = id === null ? null : this.builds.result(id);
    if (!found) throw new GrpcError(codes.unknown, 'an input of a build must be the result of another one');
    const { result } = found;
    const layers = await this.#executorFor(found.build, result).build(result.tree);
    if (build.held.disposed) throw new GrpcError(codes.canceled, 'context canceled');
    build.held.use(this.host.images.builds.hold(layers.map(({ diffId }) => diffId)));
    return { layers, image: result.image };
  }

  ownImage(imageId = ''): string | null {
    try {
      return imageId === '' ? null : this.host.images.builds.base(imageId).imageId;
    } catch {
      return null;
    }
  }

  async evaluate(build: Build<Result>, result: Result): Promise<void> {
    await this.#executorFor(build, result).build(result.tree);
  }

  check(outputs: Outputs): void {
    checkOutputs(outputs);
  }

  async export(build: Build<Result>, wanted: Wanted<Result>, outputs: Outputs): Promise<Record<string, string>> {
    const made = await Promise.all(
      wanted.results.map(async (result) => {
        const executor = this.#executorFor(build, result);
        const layers = await executor.build(result.tree);
        return { result, layers, records: executor.records };
      }),
    );
    return await exportOutputs(this.host, build, { made, isIndex: wanted.isIndex }, outputs);
  }

  /**
   * A build for the engine itself: `context` is a tar, `attributes` are as a client's. `tell` is told its progress. What comes of it is held
   * until it is disposed of. Throws GrpcError.
   */
  async buildHere(
    context: Readable,
    attributes: Readonly<Record<string, string>>,
    { tell, signal }: { readonly tell: (event: Event) => void; readonly signal: AbortSignal },
  ): Promise<BuiltHere> {
    await using undo = new AsyncDisposableStack();
    const build = this.builds.begin(newId(), '', this.sessions);
    undo.defer(() => this.builds.end(build));
    const leave = (): void => build.stop(new GrpcError(codes.canceled, 'context canceled'));
    signal.addEventListener('abort', leave);
    undo.defer(() => signal.removeEventListener('abort', leave));
    if (signal.aborted) leave();
    const told = (async () => {
      for await (const event of build.progress.told(build.signal)) tell(event);
    })();
    told.catch(() => undefined);
    const parts = { host: this.host, build, sentFiles: this.#sentFiles };
    const given = await givenContext(context, parts);
    const inputOf = () => Promise.reject(new GrpcError(codes.unimplemented, 'it has no other builds'));
    const request = { frontend: 'dockerfile.v0', options: attributes, inputs: {}, imports: [] };
    const { results } = await solveDockerfile({ ...parts, inputOf, given }, request);
    const [result] = results ?? [];
    if (!result) throw new GrpcError(codes.invalidArgument, 'nothing was to be built');
    const layers = await this.#executorFor(build, result).build(result.tree);
    const held = undo.move();
    return { layers, image: result.image, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  /** `POST /build`, until it is told or `signal` aborts. Throws as `buildClassic` does. */
  async buildClassic(
    request: ClassicRequest,
    archive: Readable,
    transcript: Transcript,
    signal: AbortSignal,
  ): Promise<void> {
    const build = this.builds.begin(newId(), '', this.sessions);
    const leave = (): void => build.stop(new GrpcError(codes.canceled, 'context canceled'));
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    const progress = new LiveProgress();
    const { host } = this;
    const names = request.names.map(familiar);
    using watcher = host.buildLog.begin(names, request.attributes.get('target') ?? '');
    progress.watcher = watcher;
    const { signal: stopped } = build;
    try {
      const executor = (sent: Sent, step: LocalStep): Executor =>
        new Executor({
          host,
          sentFiles: this.#sentFiles,
          caches: this.#caches,
          bases: this.#bases,
          progress,
          session: build.session,
          result: {
            ...{ archive: { step, sent }, inputs: new Map(), directory: noDirectory, settings: {} },
            remote: new RemoteLayers(host, build),
          },
          signal: stopped,
          isClassic: true,
          located: (_step, error) => error,
        });
      const parts = { host, sentFiles: this.#sentFiles, seen: this.#seen, signal: stopped, progress, executor };
      await buildClassic(parts, request, archive, transcript);
    } catch (error) {
      watcher.failed(error, stopped.aborted);
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
      await this.builds.end(build);
    }
  }

  /** One for each result, until its build ends: whoever needs the result has each step done once. */
  #executorFor(build: Build<Result>, result: Result): Executor {
    const known = this.#executors.get(result);
    if (known) return known;
    const { source } = result;
    const executor = new Executor({
      host: this.host,
      sentFiles: this.#sentFiles,
      caches: this.#caches,
      bases: this.#bases,
      progress: build.progress,
      session: build.session,
      result,
      signal: build.signal,
      isClassic: false,
      located: (step, error, vertex) => located(step, error, vertex, source),
    });
    this.#executors.set(result, executor);
    build.held.use(executor);
    return executor;
  }

  close(): void {
    this.builds.stop(new GrpcError(codes.unavailable, 'the engine shuts down'));
    this.sessions.close();
  }
}

const noDirectory: Result['directory'] = () =>
  Promise.reject(new GrpcError(codes.unimplemented, 'the classic builder has one context alone'));
