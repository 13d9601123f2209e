// The status of a gRPC call (grpc.io, "Status codes"; gRPC over HTTP/2, "Responses").

import { create, toBinary } from '@bufbuild/protobuf';
import { StatusSchema } from '../messages/status_pb.ts';

export const codes = {
  ok: 0,
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** More than a message: JSON of a type that BuildKit's clients know by its URL. */
export interface Detail {
  readonly typeUrl: string;
  readonly value: object;
}

/** A call that failed, ours or one of a client's session. */
export class GrpcError extends Error {
  readonly code: number;
  readonly details: readonly Detail[];

  constructor(code: number, message: string, details: readonly Detail[] = []) {
    super(message);
    this.name = 'GrpcError';
    this.code = code;
    this.details = details;
  }
}

/** Longer messages are cut: a header must not be longer than clients take (Go: 10 MiB for all, but proxies less). */
const maxMessageCharacters = 16 * 1024;

/** The trailers that tell of the end of a call; null where it went well. */
export function trailersOf(error: GrpcError | null): Record<string, string> {
  if (!error) return { 'grpc-status': '0' };
  // A cut through a character leaves half of it, which cannot be encoded.
  const message = error.message.slice(0, maxMessageCharacters).toWellFormed();
  const details = error.details.map(({ typeUrl, value }) => ({
    typeUrl,
    value: Buffer.from(JSON.stringify(value)),
  }));
  return {
    'grpc-status': String(error.code),
    'grpc-message': encodeURIComponent(message),
    ...(details.length > 0 && {
      'grpc-status-details-bin': Buffer.from(
        toBinary(StatusSchema, create(StatusSchema, { code: error.code, message, details })),
      ).toString('base64'),
    }),
  };
}

/** `unauthenticated`, the last. */
const maxCode = 16;

/** What the trailers of a call tell; null where it went well. */
export function errorOf(headers: Readonly<Record<string, unknown>>): GrpcError | null {
  const said = Number(headers['grpc-status'] ?? codes.unknown);
  const code = Number.isInteger(said) && said >= 0 && said <= maxCode ? said : codes.unknown;
  if (code === codes.ok) return null;
  const given = String(headers['grpc-message'] ?? '');
  let message = given;
  try {
    message = decodeURIComponent(given);
  } catch {
    // as it came
  }
  return new GrpcError(code, message);
}
