// What a frontend has made of a Dockerfile, before anything of it is built.

import type { Solved } from './builds.ts';
import type { RemoteLayers } from './cache/remote-layers.ts';
import type { definitionOf } from './definitions.ts';
import type { BuiltLayer } from './execute/made.ts';
import type { Sent } from './execute/sent-files.ts';
import type { StepSettings } from './execute/step-settings.ts';
import type { ImageDocument } from './language/image-document.ts';
import type { Platform } from './language/platforms.ts';
import type { LocalStep, Tree } from './language/steps.ts';

/** The file that it was made of, for messages. */
export interface SourceFile {
  readonly filename: string;
  readonly text: string;
}

/** A directory of the client's. */
export interface ClientDirectory {
  /** What the client calls it. */
  readonly name: string;
  /** Who serves it; null for the build's own session. */
  readonly session: string | null;
  /** Patterns of what the client is not to send. */
  readonly ignored: readonly string[];
}

export interface Result extends Solved {
  readonly tree: Tree;
  readonly image: ImageDocument;
  readonly platform: Platform;
  /** SOURCE_DATE_EPOCH, in seconds. */
  readonly epoch: number | null;
  /** Of the platforms that were asked for, which one it is for. */
  readonly place: number;
  readonly source: SourceFile | null;
  /** A directory that `tree` names. */
  readonly directory: (local: string, isNamed: boolean) => Promise<ClientDirectory>;
  /** Of results of other builds that `tree` names: what they are made of. */
  readonly inputs: ReadonlyMap<string, readonly BuiltLayer[]>;
  /** The build context where it came as an archive, and the step that stands for it; null where the client has its files. */
  readonly archive: { readonly step: LocalStep; readonly sent: Sent } | null;
  /** Of all steps that run commands. */
  readonly settings: StepSettings;
  /** Layers that are elsewhere, and imported caches. */
  readonly remote: RemoteLayers;
  /** What names it where another build takes it as its input. */
  readonly definition: ReturnType<typeof definitionOf>;
}

/** What a client asked for comes to: one result, or one for each platform. */
export interface Planned {
  readonly results: readonly Result[];
  /** They become an index, also where there is one alone. */
  readonly isIndex: boolean;
  readonly metadata: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/** What a client wanted to know, instead of having something built. */
export interface Answer {
  readonly results: null;
  readonly metadata: Planned['metadata'];
}

/** The result of another build. */
export interface Input {
  readonly layers: readonly BuiltLayer[];
  readonly image: ImageDocument;
}
