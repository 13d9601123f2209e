// A builder as the services of gRPC see it.

import type { ContainerHost } from '../containers/container.ts';
import type { BuildCache } from './build-cache.ts';
import type { Build, Builds, Wanted } from './builds.ts';
import type { CacheEntry } from './cache/cache-entries.ts';
import type { BuildHistory } from './history/build-history.ts';
import type { Definition } from './messages/shared_pb.ts';
import type { Answer, Planned, Result } from './result.ts';
import type { Sessions } from './sessions.ts';

/** What is asked of a frontend. */
export interface FrontendRequest {
  readonly frontend: string;
  readonly options: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, Definition>>;
  /** Caches to import. */
  readonly imports: readonly CacheEntry[];
}

/** What is to become of a build. */
export interface Output {
  /** `moby`: an image of the host. */
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Outputs {
  readonly outputs: readonly Output[];
  /** Where its cache is to go. */
  readonly caches: readonly CacheEntry[];
}

export interface ServedBuilder {
  readonly host: Pick<ContainerHost, 'id'>;
  readonly sessions: Sessions;
  readonly builds: Builds<Result>;
  readonly cache: BuildCache;
  readonly history: BuildHistory;
  /** What the cache of a host may hold. */
  readonly maxCacheBytes: number;
  /** What `request` comes to, before anything is built. */
  solve(build: Build<Result>, request: FrontendRequest): Promise<Planned | Answer>;
  /** The same, where it is an image of the host; null where it is none. */
  ownImage(imageId: string | undefined): string | null;
  /** Builds all of it, so that it is known whether it can be. */
  evaluate(build: Build<Result>, result: Result): Promise<void>;
  /** Throws for outputs that make no sense. */
  check(outputs: Outputs): void;
  /** Builds it, makes of it what the client asks for, and gives what the client is told. */
  export(build: Build<Result>, wanted: Wanted<Result>, outputs: Outputs): Promise<Record<string, string>>;
}
