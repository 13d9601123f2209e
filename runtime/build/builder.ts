// Builds of one host: what its clients ask by gRPC, worked out by the Dockerfile's language and carried out step by step.

import type { Duplex } from 'node:stream';
import type { ContainerHost } from '../containers/container.ts';
import { maxStepCacheBytes } from '../limits.ts';
import { BuildCache } from './build-cache.ts';
import { type Build, Builds } from './builds.ts';
import { controlMethods } from './control.ts';
import { CacheMounts } from './execute/cache-mounts.ts';
import { Executor } from './execute/executor.ts';
import { exportImage } from './execute/export-image.ts';
import { SentFiles } from './execute/sent-files.ts';
import { solveDockerfile } from './frontend.ts';
import { gatewayMethods } from './gateway.ts';
import { type Services, serveGrpc } from './grpc/serve.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { located } from './located.ts';
import { otherMethods } from './other-methods.ts';
import type { Result } from './result.ts';
import type { FrontendRequest, Output, ServedBuilder } from './served-builder.ts';
import { type SessionHeaders, Sessions } from './sessions.ts';

export class Builder implements ServedBuilder {
  readonly host: ContainerHost;
  readonly sessions = new Sessions();
  readonly builds = new Builds<Result>();
  readonly cache: BuildCache;
  readonly maxCacheBytes = maxStepCacheBytes;
  readonly #sentFiles: SentFiles;
  readonly #caches: CacheMounts;
  readonly #services: Services;

  constructor(host: ContainerHost) {
    this.host = host;
    this.#sentFiles = new SentFiles(`${host.directory}/build`);
    this.#caches = new CacheMounts(host);
    this.cache = new BuildCache(host.images.builds.steps, async () => {
      await this.#caches.clear();
      await this.#sentFiles.clear();
    });
    this.#services = new Map([...controlMethods(this), ...gatewayMethods(this), ...otherMethods]);
  }

  /** A connection of `POST /grpc`. */
  serve(socket: Duplex): void {
    serveGrpc(socket, this.#services, (error, path) =>
      this.host.engine.log.error(
        { err: error, path, host: this.host.name },
        'a build failed in a way that was not foreseen',
      ),
    );
  }

  /** A connection of `POST /session`, after `sessions.check`. */
  addSession(headers: SessionHeaders, socket: Duplex): void {
    this.sessions.add(headers, socket);
  }

  async solve(build: Build<Result>, request: FrontendRequest): Promise<Result> {
    try {
      const result = await solveDockerfile(this.host, build, request);
      build.results.set(result.id, result);
      return result;
    } catch (error) {
      build.failure = error instanceof GrpcError ? error : null;
      throw error;
    }
  }

  async evaluate(build: Build<Result>, result: Result): Promise<void> {
    await using executor = this.#executorFor(build, result);
    await executor.build(result.tree);
  }

  async export(build: Build<Result>, result: Result, output: Output | null): Promise<Record<string, string>> {
    await using executor = this.#executorFor(build, result);
    const layers = await executor.build(result.tree);
    if (!output) return {};
    if (output.type !== 'moby' && output.type !== 'image')
      throw new GrpcError(
        codes.unimplemented,
        `output of the type ${output.type.slice(0, 40)} is not supported by this builder yet`,
      );
    return await exportImage(this.host, build.progress, {
      layers,
      image: result.image,
      names: output.attributes.name ?? '',
    });
  }

  #executorFor(build: Build<Result>, { source, ignored }: Result): Executor {
    return new Executor({
      host: this.host,
      sentFiles: this.#sentFiles,
      caches: this.#caches,
      progress: build.progress,
      session: build.session,
      ignored,
      signal: build.signal,
      located: (step, error, vertex) => located(step, error, vertex, source),
    });
  }

  close(): void {
    this.builds.stop(new GrpcError(codes.unavailable, 'the engine shuts down'));
    this.sessions.close();
  }
}
