// The instructions of a Dockerfile, each with what it says, before any variable is known.

import type { Heredoc } from './heredocs.ts';
import type { Location } from './source.ts';

interface Written {
  /** The instruction's name as it is written: `RUN`, `run`. */
  readonly keyword: string;
  /** Its lines, joined; heredocs are not in it. */
  readonly code: string;
  readonly location: Location;
}

export interface Pair {
  readonly name: string;
  readonly value: string;
  /** Written `NAME VALUE`, the old form. */
  readonly isLegacy: boolean;
}

/** A file that is written in the Dockerfile. */
export interface InlineFile {
  readonly path: string;
  readonly data: string;
  /** Variables in it are put in. */
  readonly expand: boolean;
}

/** What ADD and COPY have in common. */
export interface FileSources {
  readonly sources: readonly string[];
  readonly inlineFiles: readonly InlineFile[];
  readonly destination: string;
  readonly chown: string;
  readonly chmod: string;
  readonly link: boolean;
  readonly excludes: readonly string[];
}

export interface AddInstruction extends Written, FileSources {
  readonly kind: 'add';
  readonly checksum: string;
  /** Null where it is not said. */
  readonly keepGitDir: boolean | null;
  readonly unpack: boolean | null;
}

export interface CopyInstruction extends Written, FileSources {
  readonly kind: 'copy';
  /** A stage, its number, a named context or an image; empty for the build context. */
  readonly from: string;
  readonly parents: boolean;
}

/** A command: words, or one line for the shell. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly isJson: boolean;
}

export type Network = 'default' | 'none' | 'host';

export interface RunInstruction extends Written, CommandLine {
  readonly kind: 'run';
  readonly heredocs: readonly Heredoc[];
  /** As written: their variables are put in when it runs (`parseMount`). */
  readonly mounts: readonly string[];
  readonly network: Network;
  /** As Docker, the plan refuses them. */
  readonly devices: readonly string[];
}

export interface Argument {
  readonly name: string;
  /** Null where there is no default. */
  readonly value: string | null;
  /** The comment above that begins with its name. */
  readonly description: string;
}

export interface ArgInstruction extends Written {
  readonly kind: 'arg';
  readonly arguments: readonly Argument[];
}

export interface Healthcheck {
  readonly Test: readonly string[];
  /** Nanoseconds; 0 for what is not said. */
  readonly intervalNs: bigint;
  readonly timeoutNs: bigint;
  readonly startPeriodNs: bigint;
  readonly startIntervalNs: bigint;
  readonly retries: number;
}

export interface HealthcheckInstruction extends Written {
  readonly kind: 'healthcheck';
  readonly healthcheck: Healthcheck;
}

export interface OnbuildInstruction extends Written {
  readonly kind: 'onbuild';
  /** The trigger, with its heredocs: a Dockerfile of one instruction. */
  readonly expression: string;
}

export type Instruction =
  | AddInstruction
  | CopyInstruction
  | RunInstruction
  | ArgInstruction
  | HealthcheckInstruction
  | OnbuildInstruction
  | (Written & CommandLine & { readonly kind: 'cmd' })
  | (Written & CommandLine & { readonly kind: 'entrypoint' })
  | (Written & { readonly kind: 'env'; readonly pairs: readonly Pair[] })
  | (Written & { readonly kind: 'label'; readonly pairs: readonly Pair[] })
  | (Written & { readonly kind: 'expose'; readonly ports: readonly string[] })
  | (Written & { readonly kind: 'maintainer'; readonly maintainer: string })
  | (Written & { readonly kind: 'shell'; readonly shell: readonly string[] })
  | (Written & { readonly kind: 'stopsignal'; readonly signal: string })
  | (Written & { readonly kind: 'user'; readonly user: string })
  | (Written & { readonly kind: 'volume'; readonly volumes: readonly string[] })
  | (Written & { readonly kind: 'workdir'; readonly path: string });

export type InstructionOf<Kind extends Instruction['kind']> = Extract<Instruction, { readonly kind: Kind }>;

/** FROM. */
export interface FromInstruction extends Written {
  readonly kind: 'from';
  readonly base: string;
  /** In lower case; empty where it has none. */
  readonly name: string;
  /** Empty where it is not said. */
  readonly platform: string;
  readonly description: string;
}

/** A stage as it is written. */
export interface WrittenStage {
  readonly from: FromInstruction;
  readonly instructions: readonly Instruction[];
}
