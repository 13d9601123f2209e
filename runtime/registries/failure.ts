// What can go wrong with a registry: on the way there, or because it says so.

/**
 * `network`: there is no way to it; another of its endpoints may do. `lost`: a connection broke, or was too slow; a new one may do.
 * `answer`: it has said no. `broken`: what it said makes no sense, or is not what it should be.
 */
export type FailureKind = 'network' | 'lost' | 'answer' | 'broken';

/** What is told of a registry's own words: a message of a line, or some. */
const maxMessageLength = 2000;

/** A stranger's words, fit for a student's terminal. */
export function clean(text: string): string {
  return text.slice(0, maxMessageLength).replace(/[^\P{C}\n]+/gu, ' ');
}

export interface FailureOptions {
  readonly kind: FailureKind;
  readonly status?: number;
  readonly code?: string;
  readonly retryAfterSeconds?: number | null;
  readonly cause?: unknown;
}

export class RegistryFailure extends Error {
  readonly kind: FailureKind;
  /** Of an answer: its HTTP status, and the distribution's code, as `MANIFEST_UNKNOWN`; else 0 and empty. */
  readonly status: number;
  readonly code: string;
  /** After how many seconds it may be asked again, where it has said so. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, { kind, status = 0, code = '', retryAfterSeconds = null, cause }: FailureOptions) {
    super(clean(message), { cause });
    this.name = 'RegistryFailure';
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** The same, with what could not be done for it in front. */
  during(what: string): RegistryFailure {
    const { kind, status, retryAfterSeconds } = this;
    return new RegistryFailure(`${what}: ${this.message}`, { kind, status, retryAfterSeconds, cause: this });
  }

  /** The same, told of the request that could not be made for it, as Go's HTTP client tells it. */
  of(method: string, url: URL | string): RegistryFailure {
    const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
    const { kind, code, retryAfterSeconds } = this;
    return new RegistryFailure(`${verb} "${url}": ${this.message}`, { kind, code, retryAfterSeconds, cause: this });
  }

  /** The same without the request, as Docker tells it of what it sends. */
  withoutRequest(): RegistryFailure {
    return this.cause instanceof RegistryFailure ? this.cause : this;
  }
}
