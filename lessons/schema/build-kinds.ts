// What a check may say of images, builds and Dockerfiles. build-words.ts reads it from a lab file.

import type { FromRepository } from './origin-kinds.ts';

export const instructionNames = [
  'from',
  'run',
  'copy',
  'add',
  'cmd',
  'entrypoint',
  'env',
  'arg',
  'label',
  'expose',
  'user',
  'workdir',
  'volume',
  'healthcheck',
  'shell',
  'stopsignal',
  'onbuild',
] as const;
export type InstructionName = (typeof instructionNames)[number];

/** An instruction: in a lab file by one key, as `{ copy: package.json }`. All that is given must hold of the same one. */
export interface WantedInstruction {
  readonly instruction: InstructionName;
  /**
   * Null for any. Of RUN, HEALTHCHECK and ONBUILD words that stand in it; of COPY and ADD a source, which a wildcard may take; of FROM an
   * image or a stage; of ENV, LABEL and ARG a name, or a name with its value; of the others what they say.
   */
  readonly says: string | null;
  /** The stage that it stands in: its name, its number, or `last`. Of FROM the one that it begins. */
  readonly stage?: string | undefined;
  /** FROM: the name of the stage that it begins. */
  readonly as?: string | undefined;
  /** COPY and ADD: the destination. */
  readonly to?: string | undefined;
  /** COPY: the stage or image that it takes from; `none` for the build context. */
  readonly fromStage?: string | undefined;
  readonly chown?: string | undefined;
  readonly chmod?: string | undefined;
  /** RUN: it has such a mount. */
  readonly mount?: WantedRunMount | undefined;
  /** CMD, ENTRYPOINT, RUN and HEALTHCHECK: a list of words, or a line for the shell. */
  readonly form?: 'exec' | 'shell' | undefined;
}

export interface WantedRunMount {
  readonly type?: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh' | undefined;
  readonly target?: string | undefined;
  readonly source?: string | undefined;
  readonly id?: string | undefined;
}

/** A step of a build. */
export interface WantedStep extends WantedInstruction {
  /** True: its result was known. False: it was carried out. */
  readonly cached?: boolean | undefined;
}

/** An image in the host's list (`docker images`); all that is given must hold of it. */
export interface ImageCheck {
  readonly host?: string | undefined;
  readonly name: string;
  /** It was made on top of this image: its layers begin with all of that one's. A build's base need not be in the list. */
  readonly from?: string | undefined;
  /** It is the same image as this one: another name for it. */
  readonly sameAs?: string | undefined;
  /** How many layers it has. */
  readonly layers?: number | undefined;
  /** Its id or one of its digests: `sha256:…`. */
  readonly digest?: string | undefined;
  /** Its configuration: the command without its entrypoint, as one line. */
  readonly command?: string | undefined;
  readonly entrypoint?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly user?: string | undefined;
  /** Whether its processes are root where nobody says otherwise. */
  readonly runsAsRoot?: boolean | undefined;
  readonly workdir?: string | undefined;
  /** Ports that it exposes: `80`, `53/udp`. */
  readonly exposes?: readonly string[] | undefined;
  readonly volumes?: readonly string[] | undefined;
  /** Whether it has a health check. */
  readonly healthcheck?: boolean | undefined;
  readonly stopSignal?: string | undefined;
  /** In bytes, or as `20m`. */
  readonly smallerThan?: string | undefined;
  /** Than this image, which is in the list too. */
  readonly smallerThanImage?: string | undefined;
  /** Entries of its history, in this order, the oldest first, perhaps among others. */
  readonly history?: readonly WantedInstruction[] | undefined;
  /** None of these is in its history. */
  readonly historyNot?: readonly WantedInstruction[] | undefined;
  /** None of these texts stands in it: in a file of one of its layers, in its configuration or its history. */
  readonly without?: readonly string[] | undefined;
  /** It came from there, or was pushed there. */
  readonly repository?: FromRepository | undefined;
}

/** A Dockerfile in the home directory, by what it means. One that cannot be built is never so. */
export interface DockerfileCheck {
  readonly host?: string | undefined;
  readonly path: string;
  /** All of these, in this order, perhaps with others between. What follows a FROM here is in the stage that it begins. */
  readonly has?: readonly WantedInstruction[] | undefined;
  readonly hasNot?: readonly WantedInstruction[] | undefined;
  readonly stages?: number | undefined;
  readonly stagesAtLeast?: number | undefined;
  /** Rules of `docker build --check` that it keeps; `none`: there is nothing to warn of. */
  readonly warnings?: 'none' | readonly string[] | undefined;
  /** Says in words what should stand in it. */
  readonly means?: string | undefined;
}

/** A `.dockerignore`, by Docker's rules. */
export interface DockerignoreCheck {
  readonly host?: string | undefined;
  readonly path: string;
  readonly leavesOut?: readonly string[] | undefined;
  readonly keeps?: readonly string[] | undefined;
}

/** The host's Docker has built like this; all that is given must hold of one build. */
export interface BuiltCheck {
  readonly host?: string | undefined;
  /** What it was named; `web` for any tag. Any build where left out. */
  readonly image?: string | undefined;
  /** The host's image of this name is what came of it; `image` stands then. */
  readonly now?: boolean | undefined;
  /** As in `--target`; the last stage where it is `last`. */
  readonly target?: string | undefined;
  /** These of its steps, in this order, perhaps among others. */
  readonly steps?: readonly WantedStep[] | undefined;
  readonly stepsNot?: readonly WantedStep[] | undefined;
  /** Names of stages of which something was built, and of those of which nothing was. */
  readonly stages?: readonly string[] | undefined;
  readonly stagesNot?: readonly string[] | undefined;
  /** Steps of the Dockerfile but FROM. */
  readonly allCached?: boolean | undefined;
  readonly cachedAtLeast?: number | undefined;
  /** So many steps were carried out. */
  readonly ranAtMost?: number | undefined;
  readonly ranAtLeast?: number | undefined;
  /** The files of its context, of those that it takes, after `.dockerignore`. */
  readonly contextSmallerThan?: string | undefined;
  readonly contextFilesAtMost?: number | undefined;
  /** As of `DockerfileCheck`. */
  readonly warnings?: 'none' | readonly string[] | undefined;
  /** It did not come to its end. */
  readonly failed?: boolean | undefined;
  /** The step that failed. */
  readonly failedAt?: WantedInstruction | undefined;
  /** It ended after this task was done; that must be so. */
  readonly since?: string | undefined;
}
