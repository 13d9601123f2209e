// What is in an image of the hub: found once in the image, and told with what is known of its packages now. Knows nobody's rights:
// whoever calls has asked first.

import type { HubImageContents, HubImageContentsWish } from '../client-hub-contents.ts';
import { EngineError } from '../errors.ts';
import { mediaTypes, parseDocument } from '../registries/manifest.ts';
import { chooseManifest, ownPlatform } from '../registries/platform.ts';
import type { StoredContent } from '../registry/contents/content-table.ts';
import { Refusal } from '../registry/refusal.ts';
import type { Hub } from './hub.ts';

type Image = Pick<HubImageContentsWish, 'repository' | 'reference'>;

/** Waits for an image that is being looked into until `patience` says not to. Throws notFound. */
export async function hubContents(hub: Hub, image: Image, patience: AbortSignal): Promise<HubImageContents> {
  const { repository } = image;
  const isOfficial = hub.official.has(repository);
  const digest = isOfficial ? officialDigest(hub, image) : ownDigest(hub, image);
  if (digest === null)
    return { ...nothing, digest: '', state: 'coming', why: 'The image is built when it is pulled for the first time.' };
  const { contents } = hub.registry;
  const stored = await contents.of({ repository, digest, isOfficial }, patience);
  const told = withoutKnowledge(digest, stored);
  if (!stored || !('content' in stored) || told.state !== 'made') return told;
  await hub.knowledge.refresh(patience);
  const sbom = isOfficial ? null : contents.bill({ repository, digest });
  return { ...told, sbom, ...(await hub.knowledge.of(stored.content)) };
}

/** Null where it is not built: whoever asks what is in it does not want it built. */
function officialDigest({ official }: Hub, image: Image): string | null {
  const found = official.look(image.repository, image.reference);
  if (!found) throw missing(image);
  return found.entry?.manifestDigest ?? null;
}

/** Of the image itself: where an index was asked for, of the one for this machine, or else the first that is there. */
function ownDigest({ registry: { manifests } }: Hub, image: Image): string {
  const { repository, reference } = image;
  const find = (wanted: string) => {
    try {
      return manifests.need(repository, wanted);
    } catch (error) {
      if (error instanceof Refusal) return null;
      throw error;
    }
  };
  const top = find(reference);
  if (!top) throw missing(image);
  if (!indexTypes.includes(top.mediaType)) return top.digest;
  const document = parseDocument(manifests.body(repository, top.digest), top.mediaType);
  if (document.kind === 'manifest') return top.digest;
  const own = chooseManifest(document, ownPlatform);
  const there = [...(own ? [own] : []), ...document.manifests].find(({ digest }) => find(digest));
  if (there) return there.digest;
  throw new EngineError('notFound', 'the index names no image that the hub has');
}

const indexTypes: readonly string[] = [mediaTypes.ociIndex, mediaTypes.dockerIndex];

function missing({ repository, reference }: Image): EngineError {
  const name = `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  return new EngineError('notFound', `there is no image ${name.slice(0, 400)}`);
}

function withoutKnowledge(digest: string, stored: StoredContent | null): HubImageContents {
  if (!stored) return { ...nothing, digest, state: 'coming', why: 'The image is being looked into.' };
  if ('failure' in stored)
    return { ...nothing, digest, state: 'unreadable', why: `The image cannot be looked into: ${stored.failure}.` };
  const { release, packages } = stored.content;
  if (packages.length === 0)
    return { ...nothing, digest, release, state: 'none', why: 'There are no Debian packages in the image.' };
  return { ...nothing, digest, state: 'made', why: '', release };
}

const nothing = {
  release: null,
  packages: [],
  sbom: null,
  updates: { known: false, why: 'There is nothing to compare.' },
  vulnerabilities: { known: false, why: 'There is nothing to look up.' },
} as const;
