// Builds of one host that are under way, as their clients know them: by a reference that the client has made up.

import { randomBytes } from 'node:crypto';
import { maxBuildRefCharacters, maxBuilds, maxEndedBuilds, sessionWaitMs } from '../limits.ts';
import type { CacheEntry } from './cache/cache-entries.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { Progress, ProgressRoom } from './progress.ts';
import type { Session, Sessions } from './sessions.ts';

/** What a frontend has made of its options. It is worked out when somebody needs what comes of it. */
export interface Solved {
  readonly id: string;
}

/** What a client wants to have built. */
export interface Wanted<Result extends Solved> {
  readonly results: readonly Result[];
  /** They become an index, also where there is one alone. */
  readonly isIndex: boolean;
}

export class Build<Result extends Solved> {
  readonly ref: string;
  readonly progress: Progress;
  /** Of the image that is to come of it. */
  names: readonly string[] = [];
  /** By id; the build's own where it is null or left out. */
  readonly session: (id?: string | null) => Promise<Session>;
  /** By id. */
  readonly results = new Map<string, Result>();
  /** What the client says that the build has come to; null where it was only to ask something. */
  readonly returned: PromiseWithResolvers<Wanted<Result> | null> = Promise.withResolvers();
  /** Caches that the client has named with its request. */
  imports: readonly CacheEntry[] = [];
  /** Why its frontend failed: more than the client tells when it gives the build back. */
  failure: GrpcError | null = null;
  /** What the client lets its steps do beyond what all may: `network.host`. */
  entitlements: ReadonlySet<string> = new Set();
  /** What is made for it, and may go when it has ended. */
  readonly held = new AsyncDisposableStack();
  readonly #stop = new AbortController();

  constructor(ref: string, ownSession: string, sessions: Sessions, progress: Progress) {
    this.ref = ref;
    this.progress = progress;
    this.session = (id = null) => sessions.get(id ?? ownSession, this.signal);
    this.returned.promise.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Gives it up: all that is done for it ends. */
  stop(reason: Error): void {
    this.#stop.abort(reason);
    this.returned.reject(reason);
  }
}

/** An id that nobody can guess, of the length that BuildKit's have. */
export function newId(): string {
  return BigInt(`0x${randomBytes(16).toString('hex')}`)
    .toString(36)
    .padStart(25, '0')
    .slice(-25);
}

export class Builds<Result extends Solved> {
  readonly #builds = new Map<string, Build<Result>>();
  /** Of builds that have ended: a client may ask for the progress of one that was faster than its question. */
  readonly #ended = new Map<string, Progress>();
  readonly #waiting = new Set<() => void>();
  readonly #progressRoom = new ProgressRoom();

  /** Throws alreadyExists, invalidArgument, resourceExhausted. */
  begin(ref: string, sessionId: string, sessions: Sessions): Build<Result> {
    if (ref === '' || ref.length > maxBuildRefCharacters)
      throw new GrpcError(
        codes.invalidArgument,
        `a build needs a reference of up to ${maxBuildRefCharacters} characters`,
      );
    if (this.#builds.has(ref)) throw new GrpcError(codes.alreadyExists, `job ID ${ref.slice(0, 100)} exists`);
    if (this.#builds.size >= maxBuilds)
      throw new GrpcError(codes.resourceExhausted, `this host is building ${maxBuilds} images, the most at once`);
    const build = new Build<Result>(ref, sessionId, sessions, new Progress(this.#progressRoom));
    this.#builds.set(ref, build);
    for (const wake of this.#waiting) wake();
    return build;
  }

  /** It has ended; resolves when what was made for it alone has gone. */
  async end(build: Build<Result>): Promise<void> {
    this.#builds.delete(build.ref);
    this.#ended.get(build.ref)?.[Symbol.dispose]();
    this.#ended.set(build.ref, build.progress);
    for (const [ref, progress] of this.#ended) {
      if (this.#ended.size <= maxEndedBuilds) break;
      this.#ended.delete(ref);
      progress[Symbol.dispose]();
    }
    for (const wake of this.#waiting) wake();
    await build.held.disposeAsync();
    build.progress.end();
  }

  /** One that is under way, or has just ended. */
  isKnown(ref: string): boolean {
    return this.#builds.has(ref) || this.#ended.has(ref);
  }

  /** Who asks may be a moment earlier than who builds. Throws unknown, as BuildKit does. */
  find(ref: string, signal: AbortSignal): Promise<Build<Result>> {
    const look = (): Build<Result> | undefined => {
      // One that has failed at once is not waited for.
      if (this.#ended.has(ref)) throw unknownJob(ref);
      return this.#builds.get(ref);
    };
    return this.#await(ref, look, signal);
  }

  /** The same for what it tells of itself, also after its end. */
  progressOf(ref: string, signal: AbortSignal): Promise<Progress> {
    return this.#await(ref, () => this.#builds.get(ref)?.progress ?? this.#ended.get(ref), signal);
  }

  /** A result of a build that has not ended. */
  result(id: string): { readonly build: Build<Result>; readonly result: Result } | null {
    for (const build of this.#builds.values()) {
      const result = build.results.get(id);
      if (result) return { build, result };
    }
    return null;
  }

  async #await<T>(ref: string, look: () => T | undefined, signal: AbortSignal): Promise<T> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(sessionWaitMs)]);
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (late.aborted) throw unknownJob(ref);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      late.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      this.#waiting.delete(resolve);
    }
  }

  /** All are given up. */
  stop(reason: Error): void {
    for (const build of this.#builds.values()) build.stop(reason);
  }
}

const unknownJob = (ref: string): GrpcError => new GrpcError(codes.unknown, `no such job ${ref.slice(0, 100)}`);
