// A secret that a build's client has, by its name.

import { maxSecretBytes } from '../limits.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { GetSecretRequestSchema, GetSecretResponseSchema } from './messages/session_pb.ts';
import type { Session } from './sessions.ts';

const method = '/moby.buildkit.secrets.v1.Secrets/GetSecret';

/** Null where the client has none of that name. Throws resourceExhausted for one that is too large, and what the client says. */
export async function secretOf(session: Session, id: string, signal: AbortSignal): Promise<Uint8Array | null> {
  try {
    const { data } = await session.ask(method, [GetSecretRequestSchema, { id }], GetSecretResponseSchema, signal);
    if (data.length <= maxSecretBytes) return data;
    throw new GrpcError(
      codes.resourceExhausted,
      `the secret ${id} has ${data.length} bytes, the most is ${maxSecretBytes}`,
    );
  } catch (error) {
    if (!(error instanceof GrpcError) || (error.code !== codes.notFound && error.code !== codes.unimplemented))
      throw error;
    return null;
  }
}
