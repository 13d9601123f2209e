// What a tag or digest of a repository is, without pulling it: `GET /distribution/X/json`.

import { z } from 'zod';
import { parseJson } from '../json.ts';
import { maxManifestBytes } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { readDocument } from './document.ts';
import { accepted, type Descriptor, type Platform, parseDocument, verifyDigest } from './manifest.ts';
import type { Repository } from './repository.ts';

const platformOfConfiguration = z.object({
  os: z.string().max(100).default('linux'),
  architecture: z.string().max(100).default(''),
  variant: z.string().max(100).default(''),
});

/** Throws RegistryFailure. */
export async function describeReference(
  repository: Repository,
  reference: string,
): Promise<{ descriptor: Descriptor; platforms: Platform[] }> {
  const url = repository.at(`manifests/${reference}`);
  const incoming = await repository.ask({ method: 'GET', url, headers: { Accept: accepted } }, [200]);
  const bytes = await readDocument(incoming, maxManifestBytes);
  const digest = digestOf(bytes);
  if (reference.includes(':')) verifyDigest(bytes, reference, 'manifest');
  const mediaType = incoming.headers['content-type'] ?? '';
  const document = parseDocument(bytes, mediaType);
  const descriptor = { mediaType, digest, size: bytes.length };
  if (document.kind === 'index')
    return { descriptor, platforms: document.manifests.flatMap(({ platform }) => platform ?? []) };
  const config = await repository.ask({ method: 'GET', url: repository.at(`blobs/${document.config.digest}`) }, [200]);
  const text = await readDocument(config, maxManifestBytes);
  verifyDigest(text, document.config.digest, 'image config');
  return { descriptor, platforms: [platformIn(text)] };
}

/** That a configuration says the image is for. */
export function platformIn(configuration: Buffer): Platform {
  return platformOfConfiguration.parse(parseJson(configuration));
}
