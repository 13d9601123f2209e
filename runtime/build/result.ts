// What a frontend has made of a Dockerfile, before anything of it is built.

import type { Solved } from './builds.ts';
import type { ImageDocument } from './language/image-document.ts';
import type { Tree } from './language/steps.ts';

/** The file that it was made of, for messages. */
export interface SourceFile {
  readonly filename: string;
  readonly text: string;
}

export interface Result extends Solved {
  readonly tree: Tree;
  readonly image: ImageDocument;
  readonly source: SourceFile | null;
  /** Patterns of what the client is not to send of a local directory, by the directory's name. */
  readonly ignored: (local: string) => readonly string[];
  /** What names it where another build takes it as its input. */
  readonly definition: readonly Uint8Array<ArrayBuffer>[];
}
