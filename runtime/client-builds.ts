// What a host's Docker has built and builds, as a client of the engine is told it. Names in it are a student's: text to be looked at.

/** A step as `docker build` shows it, but for those that read the Dockerfile and look up images. */
export interface BuildStep {
  /** What it does: `RUN npm ci`, `load build context`. */
  readonly name: string;
  /** `context`: files of the client's come. `base`: an image that a stage begins with. `step`: one of the Dockerfile's instructions. */
  readonly kind: 'context' | 'base' | 'step' | 'other';
  /** The stage that it is of: its name, `stage-0`, or empty where the file has one alone. */
  readonly stage: string;
  /** `failed`: the build ends by it. `stopped`: it was under way when another one failed, or the client went. */
  readonly state: 'waiting' | 'running' | 'done' | 'cached' | 'failed' | 'stopped';
  /** Where it stands in the Dockerfile; null for what nobody wrote. */
  readonly line: number | null;
  /** Milliseconds since 1970; null before. */
  readonly beganAt: number | null;
  readonly endedAt: number | null;
  /** The first 12 digits of the layer that came of it (`RootFS.Layers` of `docker inspect`); null where none did. */
  readonly layer: string | null;
  /** What the layer's files hold, or what has come of the context. */
  readonly bytes: number;
  /** Places in `steps` of those that it needs. */
  readonly needs: readonly number[];
}

export interface BuildStage {
  /** As of a step. */
  readonly name: string;
  /** What it begins with: `docker.io/library/node:22`, `scratch`, or the name of another stage. */
  readonly base: string;
}

export interface ImageBuild {
  /** Later ones of the same host have greater numbers. */
  readonly id: number;
  /** `stopped`: its client went, or gave it up. */
  readonly state: 'going' | 'done' | 'failed' | 'stopped';
  /** As it was asked for: `web:1`. */
  readonly names: readonly string[];
  /** As in `--target`; empty for the last stage. */
  readonly target: string;
  /** Milliseconds since 1970. */
  readonly beganAt: number;
  /** Null while it is going. */
  readonly endedAt: number | null;
  /** `sha256:…` of what came of it; null where that is no image of the host. */
  readonly imageId: string | null;
  /** Why it failed, in the client's words; empty where it did not. */
  readonly error: string;
  /** Where in the Dockerfile; null where that is nowhere. */
  readonly errorLine: number | null;
  /** Those that are built, in the order of the file. */
  readonly stages: readonly BuildStage[];
  readonly steps: readonly BuildStep[];
  /** There were more steps, of which nothing is told. */
  readonly isCut: boolean;
  /** The client's files that it takes, after `.dockerignore`; null where it takes none. */
  readonly context: { readonly files: number; readonly bytes: number } | null;
  /** What the Dockerfile's rules warned of. */
  readonly warnings: readonly { readonly rule: string; readonly message: string; readonly line: number | null }[];
}

export interface HostBuilds {
  /** The last ones, the oldest first. Those that are going are told by `traffic` too. */
  builds(host: string): Promise<readonly ImageBuild[]>;
}
