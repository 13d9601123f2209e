// The page of an image: what its manifest, its configuration and those who refer to it say; and the deletion of a tag.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HubChild, HubImagePage, HubSeenReferrer } from '../../client-hub-pages.ts';
import { EngineError } from '../../errors.ts';
import { maxReferrersBytes, maxShownReferrers } from '../../limits.ts';
import { isDigest, isTag } from '../../registry/names.ts';
import type { Asker } from './asker.ts';
import { type ReadManifest, shownConfig, stepsOf } from './contents.ts';
import { officialContents, officialSteps } from './official-page.ts';
import type { PageShelf } from './shelf.ts';
import { shown, shownPairs } from './shown.ts';

const maxOtherTags = 20;

function missing(repository: string, reference: string): EngineError {
  const name = reference.includes(':') ? `${repository}@${reference}` : `${repository}:${reference}`;
  return new EngineError('notFound', `there is no image ${name.slice(0, 400)}`);
}

/** Throws notFound. */
export async function imagePage(
  shelf: PageShelf,
  asker: Asker,
  repository: string,
  reference: string,
): Promise<HubImagePage> {
  asker.mustSee(repository);
  if (!isTag(reference) && !isDigest(reference)) throw missing(repository, reference);
  const common = { repository, tag: isTag(reference) ? reference : null, rights: asker.rights(repository) };
  if (shelf.official.nameOf(repository) !== null) return { ...common, ...officialImage(shelf, repository, reference) };
  return { ...common, ...(await ownImage(shelf, repository, reference)) };
}

type Rest = Omit<HubImagePage, 'repository' | 'tag' | 'rights'>;

function officialImage({ official }: PageShelf, repository: string, reference: string): Rest {
  const found = official.look(repository, reference);
  if (!found) throw missing(repository, reference);
  const { entry, step } = found;
  return {
    ...{ isOfficial: true, pushedAt: null, pushedBy: null, children: [], referrers: [] },
    contents: entry && officialContents(entry),
    waitsFor: entry ? '' : step || 'it is built when it is pulled for the first time',
    manifestBytes: entry ? Buffer.byteLength(entry.manifest) : 0,
    tags: (entry?.tags ?? []).filter((tag) => tag !== reference),
    ...(entry ? officialSteps(entry) : { steps: [], config: null }),
  };
}

async function ownImage(shelf: PageShelf, repository: string, reference: string): Promise<Rest> {
  const { registry, reader } = shelf;
  const { digest, size, pushed, pushedBy } = registry.manifests.need(repository, reference);
  const manifest = reader.manifest(repository, digest);
  await nextTurn();
  const contents = await reader.contents(repository, digest);
  await nextTurn();
  const config = manifest?.config ? await reader.config(repository, manifest.config) : null;
  return {
    ...{ isOfficial: false, contents, waitsFor: '', manifestBytes: size },
    ...{ pushedAt: new Date(pushed).toISOString(), pushedBy },
    tags: otherTags(shelf, repository, digest, reference),
    steps: stepsOf(manifest?.layers ?? [], config),
    config: config && manifest?.config ? shownConfig(manifest.config, config) : null,
    children: await childrenOf(shelf, repository, manifest),
    referrers: referrersOf(shelf, repository, digest),
  };
}

async function childrenOf(
  { reader }: PageShelf,
  repository: string,
  manifest: ReadManifest | null,
): Promise<HubChild[]> {
  const children: HubChild[] = [];
  for (const child of manifest?.children ?? []) {
    const isThere = reader.has(repository, child.digest);
    children.push({ ...child, isThere, bytes: isThere ? reader.imageBytes(repository, child.digest) : null });
    await nextTurn();
  }
  return children;
}

function otherTags({ registry }: PageShelf, repository: string, digest: string, tag: string): string[] {
  return registry.database
    .all(
      'SELECT name FROM tag WHERE repository = ? AND digest = ? AND name <> ? ORDER BY name LIMIT ?',
      ...[registry.repositories.need(repository), digest, tag, maxOtherTags],
    )
    .map(({ name }) => String(name));
}

/** The first ones: each tells its annotations, and one may have 4 MiB of them. */
function referrersOf({ registry }: PageShelf, repository: string, subject: string): HubSeenReferrer[] {
  const found: HubSeenReferrer[] = [];
  let bytes = 0;
  for (const referrer of registry.referrers({ repository, subject, last: '', artifactType: null })) {
    found.push({
      digest: referrer.digest,
      artifactType: shown(referrer.artifactType ?? referrer.mediaType, 200),
      bytes: referrer.size,
      annotations: shownPairs(referrer.annotations, 20, 500),
    });
    bytes += referrer.size;
    if (found.length === maxShownReferrers || bytes > maxReferrersBytes) break;
  }
  return found;
}

/** Throws notFound; forbidden; conflict where the tag stands for something else by now. */
export async function deleteTag(
  { registry }: PageShelf,
  asker: Asker,
  repository: string,
  tag: string,
  digest: string,
): Promise<void> {
  asker.mustSee(repository);
  const person = asker.as(repository, 'delete');
  if (!person) throw new EngineError('forbidden', `only whoever owns the namespace may delete tags of ${repository}`);
  if (!isTag(tag)) throw missing(repository, tag);
  if (registry.manifests.need(repository, tag).digest !== digest)
    throw new EngineError('conflict', `the tag ${tag} stands for another image by now`);
  await registry.manifests.remove(repository, tag, person.name);
}
