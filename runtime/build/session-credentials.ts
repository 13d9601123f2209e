// Who a build's client is to a registry: its session tells, of what `docker login` has left there.

import { type Credentials, nobody } from '../registries/credentials.ts';
import { hubDomain, hubHost } from '../registries/docker-hub.ts';
import { codes, GrpcError } from './grpc/status.ts';
import { CredentialsRequestSchema, CredentialsResponseSchema } from './messages/session_pb.ts';
import type { Session } from './sessions.ts';

const method = '/moby.filesync.v1.Auth/Credentials';

/** A build, as far as its client is asked. */
export interface AskedClient {
  readonly session: () => Promise<Session>;
  readonly signal: AbortSignal;
}

/** Nobody's where the client has none for it, or serves none. Throws what ends the build. */
export async function credentialsOf(build: AskedClient, domain: string): Promise<Credentials> {
  try {
    const session = await build.session();
    if (!session.serves(method)) return nobody;
    const host = domain === hubDomain ? hubHost : domain;
    const asked = [CredentialsRequestSchema, { host }] as const;
    const { username, secret } = await session.ask(method, asked, CredentialsResponseSchema, build.signal);
    // A secret of nobody's is what a token server gave instead of a password.
    if (username === '') return { ...nobody, identityToken: secret };
    return { ...nobody, username, password: secret };
  } catch (error) {
    const isNone = error instanceof GrpcError && (error.code === codes.unimplemented || error.code === codes.notFound);
    if (isNone) return nobody;
    throw error;
  }
}
