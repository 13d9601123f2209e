// What is known of Dockerfiles and builds, as checks look at it: plain data. Words in it may be a student's.

import type { ImageBuild } from '@drydock/runtime';
import type { SaidInstruction } from './said.ts';

/** A Dockerfile, or why it says nothing. */
export type DockerfileFact =
  | {
      readonly instructions: readonly SaidInstruction[];
      readonly stages: number;
      readonly warnings: readonly { readonly rule: string; readonly message: string; readonly line: number | null }[];
    }
  | { readonly mistake: string };

/** A `.dockerignore`: whether it leaves out a path; or why it says nothing. */
export type DockerignoreFact = { readonly leavesOut: (path: string) => boolean } | { readonly mistake: string };

/** A build that has ended. */
export interface BuildFact extends ImageBuild {
  /** Ids of the tasks that were done when it ended. */
  readonly doneTasks: ReadonlySet<string>;
}
