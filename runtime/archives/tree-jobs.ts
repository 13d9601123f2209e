// What the threads of archives are given to do, and what passes between them and the engine's own thread.

import type { MessagePort } from 'node:worker_threads';
import type { BuildFilesJob } from '../build/files/files-job.ts';
import type { SentAnswer, SentJob } from '../build/files/sent-jobs.ts';
import type { StageKeys, StageKeysJob } from '../build/files/stage-keys.ts';
import type { LoadableImage, ReceiveOptions } from '../images/receive-images.ts';
import type { Packed } from '../store/layer-work.ts';
import type { FailedJob } from '../thread-job.ts';

interface Common {
  /** Descriptors are the process's, and stay open until the job is done. */
  readonly mounts: number;
  readonly root: string;
  readonly uidBase: number;
}

/** Tells what a container has changed, as a JSON list. See `Layers` of view.ts. */
export interface ChangesJob {
  readonly kind: 'changes';
  readonly mounts: number;
  readonly own: string;
  readonly image: string;
}

/** Packs what a container has changed as a layer of an image. */
export interface LayerJob {
  readonly kind: 'layer';
  /** The upper directory of its overlay. */
  readonly own: string;
  /** What lies below it, as in `ChangesJob`: needed where there are `places`. */
  readonly below: Pick<ChangesJob, 'mounts' | 'image'> | null;
  readonly uidBase: number;
  /** A new file, which the layer is written to, compressed. */
  readonly file: string;
  /** Where a container had mounts that not all have, which are gone: absolute. */
  readonly places: readonly string[];
  /** What the layer may have before that. */
  readonly maxBytes: number;
}

/** What has become of it: of its files, what they hold. */
export interface MadeOwnLayer extends Packed {
  readonly bytes: number;
  /** Of what was copied, where that was asked for: one for each copy, in their order; null where there is none. */
  readonly digests?: readonly (string | null)[];
}

export interface PackJob extends Common {
  readonly kind: 'pack';
  /** Of the view, absolute: what is to be packed. A link at its end is itself packed, unless `/` or `/.` follows. */
  readonly path: string;
  /** What it is called in the archive; empty where only what is in it is told. */
  readonly name: string;
}

export interface WriteJob extends Common {
  readonly kind: 'write';
  /** Of the view: the directory that the archive is written into. */
  readonly path: string;
  readonly noOverwriteDirNonDir: boolean;
  /** Whom all belongs to, in the container; null for whom the archive says. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** As in `LiveTreeOptions`. */
  readonly writtenAt?: Date | null;
  /** What the archive may expand to. */
  readonly maxBytes: number;
}

/** Receives an archive of images into files. */
export interface ReceiveJob extends ReceiveOptions {
  readonly kind: 'receive';
}

/** A file of a tar that is made of what the engine itself has. */
export type GivenFile =
  | { readonly name: string; readonly mtimeSeconds: number; readonly content: string }
  | {
      readonly name: string;
      readonly mtimeSeconds: number;
      /** A layer, compressed or not; what it expands to must have this digest. */
      readonly blob: string;
      readonly digest: string;
      /** Expanded. */
      readonly bytes: number;
      /** It is given as it is: the digest and the size are of the file itself. */
      readonly isWhole?: true;
    };

/** Packs files that the engine has, as `docker save` does. */
export interface FilesJob {
  readonly kind: 'files';
  readonly directories: readonly string[];
  /** The time of the directories; now where it is left out. */
  readonly madeAtSeconds?: number;
  readonly files: readonly GivenFile[];
}

/** Looks for a text in the files of layers, as they are unpacked. */
export interface SearchJob {
  readonly kind: 'search';
  /** On the machine. */
  readonly directories: readonly string[];
  readonly text: string;
  /** How much is read, and of how many files, at most. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

export type ReadJob = PackJob | ChangesJob | FilesJob;
export type TreeJob = ReadJob | WriteJob | ReceiveJob | LayerJob | BuildFilesJob | SearchJob | SentJob | StageKeysJob;

/** From the thread: a piece of the tar, or that so many bytes were written, or its end. */
export type TreeMessage =
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'taken'; readonly bytes: number }
  | {
      readonly kind: 'done';
      readonly packed: Packed | null;
      readonly made: MadeOwnLayer | null;
      readonly images: readonly LoadableImage[] | null;
      /** The path of the file that has the text; null for none. */
      readonly found: string | null;
      readonly sent: SentAnswer | null;
      readonly stage: StageKeys | null;
    }
  | FailedJob;

/** To the thread: a piece of the archive (null at its end), that so many bytes were taken, or that nobody wants it any more. */
export type TreeOrder =
  | { readonly kind: 'piece'; readonly bytes: Uint8Array | null }
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'stop' };

export type Done = Extract<TreeMessage, { kind: 'done' }>;

/** What a thread is told: a job, and by which port it is told of; or to close what it has open, and end. */
export type Assignment = { readonly job: TreeJob; readonly port: MessagePort } | 'retire';
