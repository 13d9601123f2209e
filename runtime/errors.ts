// What can go wrong in the engine: one class, a dozen kinds, and the HTTP status that each kind becomes. Needs nothing of Node's, as the
// language of Dockerfiles does, which browsers read too.

/** EDQUOT of Linux (asm-generic/errno.h). */
const quotaExceeded = 122;

/** The kinds of failure, after containerd's errdefs, with the HTTP status the Docker Engine API gives for each. */
export const statusOfKind = {
  notModified: 304,
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  tooLarge: 413,
  exhausted: 429,
  internal: 500,
  /** What the client should not have asked for, where Docker says 500: a port that is taken. No fault of the engine. */
  refused: 500,
  dataLoss: 500,
  noSpace: 500,
  notImplemented: 501,
  unavailable: 503,
  deadline: 504,
} as const;

export type ErrorKind = keyof typeof statusOfKind;

/** What is not there, for who does something of their own about it: the kind and the message are for who asked. */
export type Missing =
  /** A user or group, in the image's files. */
  | 'user'
  /** Which a mount of a build's step is to show. */
  | 'part of a cache';

interface EngineErrorOptions extends ErrorOptions {
  readonly missing?: Missing;
  readonly exitCode?: number;
  readonly whyNotStarted?: string;
}

/** A failure whose message may be shown to the person who caused it: what, why, what next. */
export class EngineError extends Error {
  readonly kind: ErrorKind;
  /** Of a process that could not be started: the exit code that Docker tells for it. Null for every other failure. */
  readonly exitCode: number | null;
  /** Of such a process, the message without what Docker puts before it. */
  readonly whyNotStarted: string | null;
  readonly missing: Missing | null;

  constructor(kind: ErrorKind, message: string, options?: EngineErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.kind = kind;
    this.exitCode = options?.exitCode ?? null;
    this.whyNotStarted = options?.whyNotStarted ?? null;
    this.missing = options?.missing ?? null;
  }
}

/** A system's error that means a full disk, in words for whom it belongs to, without the machine's paths; else null. */
export function diskFull(error: unknown): EngineError | null {
  const { code, errno } = (error ?? {}) as NodeJS.ErrnoException;
  // Node has no name for it: `Unknown system error -122`.
  if (code === 'EDQUOT' || errno === -quotaExceeded)
    return new EngineError('noSpace', 'the disk of this host is full; remove containers or files and try again', {
      cause: error,
    });
  if (code === 'ENOSPC')
    return new EngineError('noSpace', 'no space left on the disk; remove what is not needed and try again', {
      cause: error,
    });
  return null;
}

/** Puts `path` in front of an error's message, keeping its kind: `unpack layer: write entry "etc/passwd": no space`. */
export function at(path: string, error: unknown): EngineError {
  if (error instanceof EngineError) return new EngineError(error.kind, `${path}: ${error.message}`, { cause: error });
  const full = diskFull(error);
  if (full) return new EngineError(full.kind, `${path}: ${full.message}`, { cause: error });
  return new EngineError('internal', `${path}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
