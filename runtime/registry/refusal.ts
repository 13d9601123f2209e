// What a registry refuses: the specification's codes, with those that Docker's registry adds, each with its status and sentence.

import type { OutgoingHttpHeaders } from 'node:http';

/** distribution-spec "Error Codes"; from RANGE_INVALID on, those of distribution's `registry/api/errcode`. */
export const refusals = {
  BLOB_UNKNOWN: [404, 'blob unknown to registry'],
  BLOB_UPLOAD_INVALID: [400, 'blob upload invalid'],
  BLOB_UPLOAD_UNKNOWN: [404, 'blob upload unknown to registry'],
  DIGEST_INVALID: [400, 'provided digest did not match uploaded content'],
  MANIFEST_BLOB_UNKNOWN: [400, 'blob unknown to registry'],
  MANIFEST_INVALID: [400, 'manifest invalid'],
  MANIFEST_UNKNOWN: [404, 'manifest unknown'],
  NAME_INVALID: [400, 'invalid repository name'],
  NAME_UNKNOWN: [404, 'repository name not known to registry'],
  SIZE_INVALID: [400, 'provided length did not match content length'],
  UNAUTHORIZED: [401, 'authentication required'],
  DENIED: [403, 'requested access to the resource is denied'],
  UNSUPPORTED: [405, 'The operation is unsupported.'],
  TOOMANYREQUESTS: [429, 'too many requests'],
  RANGE_INVALID: [416, 'invalid content range'],
  TAG_INVALID: [400, 'manifest tag did not match URI'],
  PAGINATION_NUMBER_INVALID: [400, 'invalid number of results requested'],
  UNAVAILABLE: [503, 'service unavailable'],
  UNKNOWN: [500, 'unknown error'],
} as const;

export type RefusalCode = keyof typeof refusals;

export interface RefusalOptions {
  /** Where the code's own does not fit. */
  readonly status?: number;
  readonly message?: string;
  /** Anything that JSON takes; told to the client. */
  readonly detail?: unknown;
  readonly headers?: OutgoingHttpHeaders;
  readonly cause?: unknown;
}

/** A request that is answered with an error, in the words of Docker's registry. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  readonly detail: unknown;
  readonly headers: OutgoingHttpHeaders;

  constructor(code: RefusalCode, options: RefusalOptions = {}) {
    const [status, message] = refusals[code];
    super(options.message ?? message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'Refusal';
    this.code = code;
    this.status = options.status ?? status;
    this.detail = options.detail ?? null;
    this.headers = options.headers ?? {};
  }
}
