// Sends the manifest of an image whose blobs are there.

import { maxRegistryErrorBytes } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { readDocument } from './document.ts';
import { RegistryFailure } from './failure.ts';
import type { Repository } from './repository.ts';

export interface SentManifest {
  readonly digest: string;
  readonly size: number;
}

/** Throws RegistryFailure, also where the registry says that it has got something else. */
export async function pushManifest(
  repository: Repository,
  reference: string,
  mediaType: string,
  text: string,
): Promise<SentManifest> {
  const body = Buffer.from(text);
  const digest = digestOf(body);
  const headers = { 'Content-Type': mediaType, 'Content-Length': String(body.length) };
  const incoming = await repository.ask(
    { method: 'PUT', url: repository.at(`manifests/${reference}`), headers, body },
    [201, 202, 200],
  );
  await readDocument(incoming, maxRegistryErrorBytes);
  const said = incoming.headers['docker-content-digest'];
  if (said !== undefined && said !== digest)
    throw new RegistryFailure(
      `the registry gives the manifest the digest ${String(said).slice(0, 80)}, not ${digest}`,
      {
        kind: 'broken',
      },
    );
  return { digest, size: body.length };
}
