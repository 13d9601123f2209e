// What a classic build begins with: images of the host, which it pulls where they are missing.

import type { ContainerHost } from '../../containers/container.ts';
import { EngineError } from '../../errors.ts';
import { parseReference } from '../../images/reference.ts';
import type { CredentialsFor } from '../../registries/credentials.ts';
import type { ImageDocument } from '../language/image-document.ts';
import type { ImageRequest, ResolvedImage } from '../language/plan/context.ts';
import type { Transcript } from './transcript.ts';

export interface ResolverOptions {
  /** Also what is there is pulled. */
  readonly always: boolean;
  readonly credentialsFor: CredentialsFor;
  readonly transcript: Transcript;
  readonly signal: AbortSignal;
}

/** Each image is pulled once. */
export function imageResolver(
  host: ContainerHost,
  { always, credentialsFor, transcript, signal }: ResolverOptions,
): (wanted: ImageRequest) => Promise<ResolvedImage> {
  const { builds } = host.images;
  const found = new Map<string, Promise<ImageDocument>>();
  const resolve = async (reference: string): Promise<ImageDocument> => {
    const known = always ? null : knownDocument(host, reference);
    if (known) return known;
    const cut = reference.lastIndexOf(':');
    const [name, tag] = [reference.slice(0, cut), reference.slice(cut + 1)];
    const credentials = credentialsFor(parseReference(reference).domain);
    for await (const line of await host.images.pull(name, tag, { signal, credentials })) transcript.line(line);
    return builds.document(reference);
  };
  return async ({ reference }) => {
    const document = found.get(reference) ?? resolve(reference);
    found.set(reference, document);
    return { digest: null, document: await document };
  };
}

function knownDocument(host: ContainerHost, reference: string): ImageDocument | null {
  try {
    return host.images.builds.document(reference);
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'notFound') return null;
    throw error;
  }
}
