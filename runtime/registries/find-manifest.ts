// Finds out what a tag or a digest of a repository is: the image's manifest and configuration, all of it verified.

import { maxManifestBytes } from '../limits.ts';
import { digestOf } from '../store/blobs.ts';
import { readDocument } from './document.ts';
import { RegistryFailure } from './failure.ts';
import type { ImageIndex, Platform } from './manifest.ts';
import { accepted, type Descriptor, type ImageManifest, parseDocument, verifyDigest } from './manifest.ts';
import { chooseManifest, platformText } from './platform.ts';
import type { Repository } from './repository.ts';

/** The document that a tag or digest names. */
export interface TopManifest {
  readonly top: Descriptor;
  readonly document: ImageManifest | ImageIndex;
}

export interface FoundManifest {
  readonly manifest: ImageManifest;
  /** The configuration, byte for byte as hashed. */
  readonly configuration: Buffer;
}

/** Indexes in indexes; buildx makes two. */
const maxIndexDepth = 3;

/** Throws RegistryFailure; of kind `answer` where the registry has it not. */
export async function findTop(repository: Repository, reference: string): Promise<TopManifest> {
  const digest = reference.includes(':') ? reference : await digestOfTag(repository, reference);
  const { bytes, type } = await readManifest(repository, digest);
  return { top: { mediaType: type, digest, size: bytes.length }, document: parseDocument(bytes, type) };
}

/** What a tag or digest names, byte for byte, verified; null for a tag that has the digest `known`. Throws RegistryFailure. */
export async function fetchManifest(repository: Repository, reference: string, known: string | null) {
  const digest = reference.includes(':') ? reference : await digestOfTag(repository, reference);
  return { digest, found: digest === known ? null : await readManifest(repository, digest) };
}

/** Reads what a repository has. Throws RegistryFailure. */
export interface ManifestReader {
  manifest(digest: string): Promise<ReadManifest>;
  /** Byte for byte as hashed. */
  configuration(descriptor: Descriptor): Promise<Buffer>;
}

export interface ReadManifest {
  readonly bytes: Buffer;
  /** Its media type, as the registry says it. */
  readonly type: string;
}

/** All that it reads is verified. */
export function readerOf(repository: Repository): ManifestReader {
  return {
    manifest: (digest) => readManifest(repository, digest),
    configuration: (descriptor) => readConfiguration(repository, descriptor),
  };
}

/** The image itself: of an index, the one for the platform. Throws RegistryFailure. */
export async function findManifest(
  reader: ManifestReader,
  { document }: Pick<TopManifest, 'document'>,
  platform: Platform,
): Promise<FoundManifest> {
  let found = document;
  for (let depth = 0; found.kind === 'index'; depth++) {
    if (depth === maxIndexDepth - 1) throw new RegistryFailure('its indexes are nested too deeply', { kind: 'broken' });
    const chosen = chooseManifest(found, platform);
    if (!chosen)
      throw new RegistryFailure(`no matching manifest for ${platformText(platform)} in the manifest list entries`, {
        kind: 'answer',
        code: 'NO_MATCHING_MANIFEST',
      });
    const { bytes, type } = await reader.manifest(chosen.digest);
    found = parseDocument(bytes, type);
  }
  return { manifest: found, configuration: await reader.configuration(found.config) };
}

/** The registry's word for it: what comes for that digest is verified. Of one that says none, the tag's own document is hashed. */
async function digestOfTag(repository: Repository, tag: string): Promise<string> {
  const url = repository.at(`manifests/${tag}`);
  const headers = { Accept: accepted };
  try {
    const head = await repository.ask({ method: 'HEAD', url, headers }, [200]);
    head.body.resume();
    const digest = head.headers['docker-content-digest'];
    if (typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  } catch (error) {
    // The answer to a HEAD says nothing of why: that of a GET does.
    const said = error instanceof RegistryFailure && error.kind === 'answer' && error.status !== 0;
    if (!said) throw error;
  }
  const incoming = await repository.ask({ method: 'GET', url, headers }, [200]);
  const bytes = await readDocument(incoming, maxManifestBytes);
  return digestOf(bytes);
}

async function readManifest(repository: Repository, digest: string): Promise<ReadManifest> {
  const url = repository.at(`manifests/${digest}`);
  const incoming = await repository.ask({ method: 'GET', url, headers: { Accept: accepted } }, [200]);
  const bytes = await readDocument(incoming, maxManifestBytes);
  verifyDigest(bytes, digest, 'manifest');
  return { bytes, type: incoming.headers['content-type'] ?? '' };
}

async function readConfiguration(repository: Repository, { digest, size }: Descriptor): Promise<Buffer> {
  try {
    if (size > maxManifestBytes)
      throw new RegistryFailure(`it has ${size} bytes, the most is ${maxManifestBytes}`, { kind: 'broken' });
    const incoming = await repository.ask({ method: 'GET', url: repository.at(`blobs/${digest}`) }, [200]);
    const bytes = await readDocument(incoming, maxManifestBytes);
    verifyDigest(bytes, digest, 'image config');
    return bytes;
  } catch (error) {
    throw error instanceof RegistryFailure ? error.during('error pulling image configuration') : error;
  }
}
