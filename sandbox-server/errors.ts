// The server's errors: one class, the kinds, and the HTTP status of each kind.

import type { FailureKind } from './protocol.ts';

export const statusOfFailure = {
  invalid: 400,
  forbidden: 403,
  notFound: 404,
  gone: 410,
  /** The thing to be changed is not in the state that the request names. */
  conflict: 412,
  tooLarge: 413,
  tooMany: 429,
  internal: 500,
  noSpace: 507,
  unavailable: 503,
} as const satisfies Record<FailureKind, number>;

/** A failure whose message may be shown to the student: what, why, what next. */
export class ServerError extends Error {
  readonly kind: FailureKind;
  /** When trying again makes sense, where that is known. */
  readonly retryAfterSeconds: number | null;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions & { readonly retryAfterSeconds?: number }) {
    super(message, options);
    this.name = 'ServerError';
    this.kind = kind;
    this.retryAfterSeconds = options?.retryAfterSeconds ?? null;
  }
}

/** Sentences that are used in more than one place. */
export const sentences = {
  engineAway: 'The engine is restarting. What runs in your lab goes on; try again in a moment.',
  noSession: 'There is no such lab of yours. Open the lesson again to start one.',
  draining:
    'No new labs are started here right now: whoever runs this Drydock is about to take it down for a while. Labs that are open go on. Try again later.',
  closed: 'This Drydock is open to invited people alone. Reload the page, and type the code that you were given.',
  ended: 'This lab has ended and its host was removed. Open the lesson again to start a new one.',
  noHost: 'This lab has no such host. The page may be of an older version of the lesson: reload it.',
  noShell:
    'The shell of this lab’s machine cannot be started: its program is missing or broken. Take the lab back to an earlier point, or to its start.',
  noTerminal: 'There is no such terminal. It was closed, perhaps in another tab.',
  noRecords:
    'The server cannot write anything down right now, perhaps because its disk is full. What runs in your lab goes on; try again later, or tell whoever runs this Drydock.',
  internal: 'Something failed in the server; its log says what. Try again.',
} as const;

/** An error's kind as the engine or the server named it, or undefined. */
export function kindOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('kind' in error)) return undefined;
  return typeof error.kind === 'string' ? error.kind : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
