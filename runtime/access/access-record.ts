// By what ways beside its sockets a host's Docker API is reached from the other hosts of its lab, and the secrets of these ways.
// They are the host's alone, and no snapshot has them.

import { z } from 'zod';
import type { ApiWay } from '../client.ts';
import { type RecordKind, type Shape, unchanged } from '../store/record-kind.ts';
import { type Certificates, issueCertificates } from './certificates.ts';
import { newSshKey, type SshKey } from './ssh-keys.ts';

export interface AccessRecord {
  /** TCP with TLS, where clients need a certificate; null where the host is not reached that way. */
  readonly tls: Certificates | null;
  readonly ssh: { readonly host: SshKey; readonly client: SshKey } | null;
}

const sshKeySchema = z.object({ privateKey: z.string(), publicKey: z.string() } satisfies Shape<SshKey>);

export const accessKind: RecordKind<AccessRecord> = {
  name: 'access',
  schema: z.object({
    tls: z
      .object({
        ca: z.string(),
        serverCert: z.string(),
        serverKey: z.string(),
        clientCert: z.string(),
        clientKey: z.string(),
      } satisfies Shape<Certificates>)
      .nullable(),
    ssh: z.object({ host: sshKeySchema, client: sshKeySchema }).nullable(),
  } satisfies Shape<AccessRecord>),
  upgrades: [unchanged],
};

/** New secrets for a host that others call `hostname` and reach at `address`. */
export async function newAccess(ways: readonly ApiWay[], hostname: string, address: string): Promise<AccessRecord> {
  return {
    tls: ways.includes('tls') ? await issueCertificates([hostname, 'localhost', address, '127.0.0.1']) : null,
    ssh: ways.includes('ssh') ? { host: await newSshKey(hostname), client: await newSshKey(`to ${hostname}`) } : null,
  };
}

/** The ways that a host has these secrets for. */
export function waysOf({ tls, ssh }: AccessRecord): ApiWay[] {
  return [...(tls ? (['tls'] as const) : []), ...(ssh ? (['ssh'] as const) : [])];
}
