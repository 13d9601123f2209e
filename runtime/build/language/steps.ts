// What a build does, as a graph: each step makes a file system from those that it names. Steps are plain data, shared where
// they are used twice; whoever carries them out walks from the result back, and does each once.

import type { EnvironmentList } from './environment.ts';
import type { FileMode } from './file-modes.ts';
import type { Network } from './instructions.ts';
import type { Sharing } from './mounts.ts';
import type { Platform } from './platforms.ts';
import type { Location } from './source.ts';

/** What a step makes; null is an empty file system. */
export type Tree = Step | null;

interface StepCommon {
  /** What progress shows: `[stage-0 2/5] RUN make`. Internal steps begin with `[internal]`. */
  readonly name: string;
  /** The instruction's text; empty for internal steps. */
  readonly instruction: string;
  /** Null for internal steps. */
  readonly location: Location | null;
  readonly platform: Platform;
  /** `--no-cache`: it is done even where its result is known. */
  readonly ignoreCache: boolean;
}

export interface ImageStep extends StepCommon {
  readonly kind: 'image';
  /** `docker.io/library/busybox:latest`, with `@sha256:…` where the digest is known. */
  readonly reference: string;
  /** An image that the client has as an OCI layout: the layout's name. */
  readonly layout: string | null;
}

/** Files of the client: the build context, or a named one. */
export interface LocalStep extends StepCommon {
  readonly kind: 'local';
  /** The name that the client knows it by: `context`. */
  readonly local: string;
  /** Under which its `.dockerignore` is applied: that of the build context is read before. */
  readonly isNamed: boolean;
  /** What is asked for, with what it links to; null for all. */
  readonly paths: readonly string[] | null;
}

export interface GitStep extends StepCommon {
  readonly kind: 'git';
  readonly remote: string;
  readonly ref: string;
  readonly checksum: string;
  readonly subdirectory: string;
  readonly keepGitDir: boolean;
  readonly submodules: boolean;
}

export interface HttpStep extends StepCommon {
  readonly kind: 'http';
  readonly url: string;
  /** What the file is called in the file system. */
  readonly filename: string;
  /** `sha256:…`; empty for any. */
  readonly checksum: string;
}

/** The result of another build, which the client names. */
export interface InputStep extends StepCommon {
  readonly kind: 'input';
  readonly input: string;
}

export type RunMount =
  | {
      readonly type: 'bind';
      readonly from: Tree;
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
    }
  | {
      readonly type: 'cache';
      /** What the cache is known by. */
      readonly id: string;
      readonly sharing: Sharing;
      /** What it begins with. */
      readonly from: Tree;
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
    }
  | { readonly type: 'tmpfs'; readonly target: string; readonly sizeBytes: number; readonly readOnly: boolean }
  | {
      readonly type: 'secret';
      readonly id: string;
      /** A file; null where it is only a variable. */
      readonly target: string | null;
      readonly env: string | null;
      readonly required: boolean;
      readonly owner: FileOwner;
    }
  | {
      readonly type: 'ssh';
      readonly id: string;
      /** Null: the executor chooses, `/run/buildkit/ssh_agent.N`. */
      readonly target: string | null;
      readonly required: boolean;
      readonly owner: FileOwner;
    };

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export interface RunStep extends StepCommon {
  readonly kind: 'run';
  readonly base: Tree;
  readonly arguments: readonly string[];
  /** `environmentOf` writes it out. */
  readonly environment: EnvironmentList | null;
  readonly workingDirectory: string;
  /** As USER says it: `name`, `1000:1000`; empty for root. */
  readonly user: string;
  readonly network: Network;
  readonly mounts: readonly RunMount[];
  /** Variables of proxies that the client gave: the command has them, the cache does not see them. */
  readonly proxies: ReadonlyMap<string, string>;
}

export type FileAction =
  | {
      readonly kind: 'mkdir';
      readonly path: string;
      readonly mode: number;
      /** `name:group`, looked up in the tree; empty for root. */
      readonly owner: string;
    }
  | { readonly kind: 'mkfile'; readonly path: string; readonly mode: number; readonly data: string }
  | CopyAction;

export interface CopyAction {
  readonly kind: 'copy';
  readonly from: Tree;
  /** An absolute path. */
  readonly source: string;
  /** An absolute path; a `/` or `/.` at its end says that it is a directory. */
  readonly destination: string;
  /** `source` may have wildcards, which may match nothing; the contents of directories are copied; links in it are followed. */
  readonly isPattern: boolean;
  /** `--parents`: of `source` only what matches, under its own path. Empty for all. */
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
  /** Archives are unpacked. */
  readonly unpack: boolean;
  /** `--chown`, looked up in the tree that it is copied to; empty for root. */
  readonly owner: string;
  readonly mode: FileMode | null;
}

export interface FilesStep extends StepCommon {
  readonly kind: 'files';
  readonly base: Tree;
  readonly actions: readonly FileAction[];
  /** SOURCE_DATE_EPOCH in seconds, which what is made and not copied is of; null for the time at which it is made. */
  readonly madeAt: number | null;
}

export type Step = ImageStep | LocalStep | GitStep | HttpStep | InputStep | RunStep | FilesStep;

const mountedTree = (mount: RunMount): Tree => (mount.type === 'bind' || mount.type === 'cache' ? mount.from : null);

/** The file systems that a step needs. */
export function inputsOf(step: Step): readonly Step[] {
  const trees: readonly Tree[] = (() => {
    switch (step.kind) {
      case 'run':
        return [step.base, ...step.mounts.map(mountedTree)];
      case 'files':
        return [step.base, ...step.actions.map((action) => (action.kind === 'copy' ? action.from : null))];
      default:
        return [];
    }
  })();
  return trees.filter((tree) => tree !== null);
}

/** All steps that `result` needs, each once, behind those that it needs itself. */
export function stepsOf(result: Tree): Step[] {
  const order = new Set<Step>();
  // By hand: a chain of thousands of steps is deeper than the stack.
  const open: { step: Step; inputs: Step[] }[] = [];
  const enter = (step: Step) => open.push({ step, inputs: [...inputsOf(step)].reverse() });
  if (result) enter(result);
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const next = top.inputs.pop();
    if (next === undefined) {
      order.add(top.step);
      open.pop();
    } else if (!order.has(next)) enter(next);
  }
  return [...order];
}
