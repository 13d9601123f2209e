// A builder as the services of gRPC see it.

import type { ContainerHost } from '../containers/container.ts';
import type { BuildCache } from './build-cache.ts';
import type { Build, Builds } from './builds.ts';
import type { Definition } from './messages/shared_pb.ts';
import type { Answer, Result } from './result.ts';
import type { Sessions } from './sessions.ts';

/** What is asked of a frontend. */
export interface FrontendRequest {
  readonly frontend: string;
  readonly options: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, Definition>>;
}

/** What is to become of a result. */
export interface Output {
  /** `moby`: an image of the host. */
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ServedBuilder {
  readonly host: Pick<ContainerHost, 'id'>;
  readonly sessions: Sessions;
  readonly builds: Builds<Result>;
  readonly cache: BuildCache;
  /** What the cache of a host may hold. */
  readonly maxCacheBytes: number;
  /** What `request` comes to, before anything is built. */
  solve(build: Build<Result>, request: FrontendRequest): Promise<Result | Answer>;
  /** The same, where it is an image of the host; null where it is none. */
  ownImage(imageId: string | undefined): string | null;
  /** Builds all of it, so that it is known whether it can be. */
  evaluate(build: Build<Result>, result: Result): Promise<void>;
  /** Builds it, makes of it what the client asks for, and gives what the client is told. */
  export(build: Build<Result>, result: Result, output: Output | null): Promise<Record<string, string>>;
}
