// Files that a step of a build makes: COPY, ADD and WORKDIR, as their thread is told of them.

import type { OwnLayer } from '../../archives/own-layer.ts';
import type { FileMode } from '../language/file-modes.ts';
import type { SentPlace } from './sent-list.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Where an action copies from. */
export type FilesSource =
  | { readonly kind: 'sent'; readonly place: SentPlace }
  /** A tree in a mount namespace, of which `mounts` is a descriptor. */
  | { readonly kind: 'mounted'; readonly mounts: number; readonly root: string };

export interface CopyAction {
  readonly kind: 'copy';
  /** Which of the job's sources. */
  readonly source: number;
  /** Absolute. */
  readonly from: string;
  /** Absolute. With `/` or `/.` at its end it is a directory. */
  readonly to: string;
  /** `from` may have wildcards. */
  readonly isPattern: boolean;
  /** Of `from` only what matches, under its own path; empty for all. */
  readonly includes: readonly string[];
  /** Patterns of what is left out, below what is copied. */
  readonly excludes: readonly string[];
  /** Archives are unpacked. */
  readonly unpack: boolean;
  /** `name:group` or numbers, looked up in what is copied to. Empty: as they are at the source. */
  readonly owner: string;
  /** Of all that is copied; null: as they are at the source. */
  readonly mode: FileMode | null;
}

export interface MkdirAction {
  readonly kind: 'mkdir';
  readonly path: string;
  readonly mode: number;
  /** Empty for root. */
  readonly owner: string;
}

export interface MkfileAction {
  readonly kind: 'mkfile';
  readonly path: string;
  readonly mode: number;
  readonly data: string;
}

export type FileAction = CopyAction | MkdirAction | MkfileAction;

/** Does all actions, one after another, in a view: see `View` of archives/view.ts. */
export interface BuildFilesJob {
  readonly kind: 'build-files';
  readonly mounts: number;
  readonly root: string;
  /** The host's root on the machine. */
  readonly uidBase: number;
  /** What is made becomes a layer, and belongs to root as in all layers; null where it is the host's. */
  readonly layer: OwnLayer | null;
  readonly sources: readonly FilesSource[];
  readonly actions: readonly FileAction[];
  /** Digests of what is copied from mounted sources are told with the layer, as `StageKeys` has them. */
  readonly wantsDigests: boolean;
  /** When what is made and not copied was made. */
  readonly madeAtMs: number;
  /** That is told, and not now: directories that are only written into get it too. */
  readonly isTimeGiven: boolean;
}
