// The message with what a lab's hosts build, and its parts. Imports nothing, so that the site may import it whole.

/**
 * The builds that are under way, and of each host the last one that has ended, with those that went on beside it; told on every change, five times a second at most. One
 * that is over sooner than anybody could see it is told once, when it has ended.
 */
export interface BuildsView {
  readonly type: 'builds';
  /** The oldest first. */
  readonly builds: readonly ViewBuild[];
  /** More was there than is told (4 builds of each host under way and 4 that ended, 8 stages of each, 40 steps of each). */
  readonly more: boolean;
}

export interface ViewBuild {
  /** Of its host: later ones have greater numbers. */
  readonly id: number;
  /** The lab's name of the host. */
  readonly host: string;
  /** What comes of it is called so: `web:1`; empty where it has no name. */
  readonly name: string;
  readonly state: 'going' | 'done' | 'failed' | 'stopped';
  /** It is under way, or has just ended. */
  readonly fresh: boolean;
  /** Milliseconds since 1970, by the server's clock. */
  readonly beganAt: number;
  /** Null while it is going. */
  readonly tookMs: number | null;
  /** Steps of the Dockerfile that came from the cache, and all of them. FROM does not count. */
  readonly cached: number;
  readonly steps: number;
  /** Why it failed, in Docker's words; empty where it did not. */
  readonly error: string;
  /** Where in the Dockerfile; null where that is not known. */
  readonly errorLine: number | null;
  /** What the rules for Dockerfiles warned of: how often. */
  readonly warnings: number;
  /** The files that the client has sent; null where none are needed. */
  readonly context: { readonly files: number; readonly bytes: number; readonly state: ViewBuildStep['state'] } | null;
  /** In the order of the file. */
  readonly stages: readonly ViewBuildStage[];
}

export interface ViewBuildStage {
  /** Empty where the file has one alone. */
  readonly name: string;
  /** `node:22`, `scratch`, or the name of another stage. */
  readonly base: string;
  readonly steps: readonly ViewBuildStep[];
}

export interface ViewBuildStep {
  /** `RUN npm ci`. */
  readonly does: string;
  /** `stopped`: it was under way when another one failed, or the build was given up. */
  readonly state: 'waiting' | 'running' | 'done' | 'cached' | 'failed' | 'stopped';
  /** In the Dockerfile; null where it stands nowhere. */
  readonly line: number | null;
  /** Null before its end. */
  readonly tookMs: number | null;
  /** As in `ViewLayer`; empty where no layer came of it yet. */
  readonly layer: string;
  /** What the layer's files hold. */
  readonly bytes: number;
}
