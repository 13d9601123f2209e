// One client's connection to a process's streams, whatever carries them. Knows nothing of HTTP or of conmon.

import type { Readable, Writable } from 'node:stream';

/** A piece of output: 1 is stdout (and everything of a terminal), 2 is stderr. */
export interface OutputChunk {
  readonly stream: 1 | 2;
  readonly data: Buffer;
}

export interface Attached {
  /** Object mode, `OutputChunk`s; ends when the process's output has ended. Not reading it holds the process back. */
  readonly output: Readable;
  /** Bytes for stdin; ending it closes stdin (where the container was made so). Null where stdin was not asked for. */
  readonly input: Writable | null;
  /** Leaves the streams without touching the process. Idempotent. */
  detach(): void;
}
